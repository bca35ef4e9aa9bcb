# The raw files of a data-set, checked against the checksums in its file.
# reads:  the published source
# writes: the data folder; here manifest and marker only
localrules:
    fetch_result,


rule fetch_result:
    input:
        read_by("fetch"),
    output:
        update(study.output("fetch")),
    log:
        study.log("fetch"),
    priority: 1  # sets first: a training then goes on to its predictions in one process
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        command=study.command,
    shell:
        "{params.command} fetch {wildcards.cell} {wildcards.key} >> {log:q} 2>&1"
