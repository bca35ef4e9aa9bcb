# All numbers of one condition.
# reads:  predictions and attacks of its cells
# writes: metrics.parquet, histories.parquet, environments.json
localrules:
    evaluate_result,


rule evaluate_result:
    input:
        read_by("evaluate"),
    output:
        update(study.output("evaluate")),
    log:
        study.log("evaluate"),
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        command=study.command,
    shell:
        "{params.command} evaluate {wildcards.cell} {wildcards.key} >> {log:q} 2>&1"
