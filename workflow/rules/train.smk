# One cell: condition x variant x seed.
# reads:  the training set
# writes: weights.safetensors, history.json
rule train_result:
    input:
        read_by("train"),
    output:
        update(study.output("train")),
    log:
        study.log("train"),
    conda:
        "../../envs/environment.yaml"
    threads: study.threads("train")
    resources:
        **study.resources("train"),
    params:
        command=study.command,
    shell:
        "{params.command} train {wildcards.cell} {wildcards.key} >> {log:q} 2>&1"
