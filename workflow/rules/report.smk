# The report of the study, and its copy under reports/<study>/.
# reads:  tables, figures, evaluations
# writes: index.html and csv files
localrules:
    report_result,
    publish,


rule report_result:
    input:
        read_by("report"),
    output:
        update(study.output("report")),
    log:
        study.log("report"),
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        command=study.command,
    shell:
        "{params.command} report {wildcards.cell} {wildcards.key} >> {log:q} 2>&1"


# A stamp named by the report's key, so that a revert shows the right report again; publishing removes the others.
# Trap: no `onsuccess`, which does not run where nothing is to be done: a revert would leave the other report there.
rule publish:
    input:
        ancient(study.marker(study.report)),
    output:
        update(study.published),
    log:
        study.log("publish", study.report.cell, study.report.key),
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        command=study.command,
        cell=study.report.cell,
        key=study.report.key,
    shell:
        "{params.command} publish {params.cell} {params.key} >> {log:q} 2>&1"
