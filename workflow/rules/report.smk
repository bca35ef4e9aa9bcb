# The report of the study, and its copy under reports/<study>/.
# reads:  tables, figures, evaluations
# writes: index.html and csv files
localrules:
    report_result,
    publish,


rule report_result:
    input:
        lambda wildcards: ancient(study.inputs("report")(wildcards)),
    output:
        update(study.output("report")),
    log:
        study.log("report"),
    threads: 1
    conda:
        "../../envs/environment.yaml"
    shell:
        "{study.command} report {wildcards.cell} {wildcards.key} >> {log} 2>&1"


# A stamp named by the report's key, so that a revert shows the right report again; publishing removes the others.
rule publish:
    input:
        ancient(study.marker(study.report)),
    output:
        update(study.published),
    log:
        f"{study.results}/logs/publish/{study.report.cell}-{study.report.key}.log",
    threads: 1
    conda:
        "../../envs/environment.yaml"
    shell:
        "{study.command} publish {study.report.cell} {study.report.key} >> {log} 2>&1"
