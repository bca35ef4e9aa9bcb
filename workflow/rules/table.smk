# One table of the study.
# reads:  the evaluations of all conditions
# writes: table.parquet, table.csv, table.json
localrules:
    table_result,


rule table_result:
    input:
        read_by("table"),
    output:
        update(study.output("table")),
    log:
        study.log("table"),
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        command=study.command,
    shell:
        "{params.command} table {wildcards.cell} {wildcards.key} >> {log:q} 2>&1"
