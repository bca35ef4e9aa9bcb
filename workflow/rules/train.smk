# One cell: condition x variant x seed.
# reads:  the training set
# writes: weights.safetensors, history.json
rule train_result:
    input:
        lambda wildcards: ancient(study.inputs("train")(wildcards)),
    output:
        update(study.output("train")),
    log:
        study.log("train"),
    threads: 1
    conda:
        "../../envs/environment.yaml"
    shell:
        "{study.command} train {wildcards.cell} {wildcards.key} >> {log} 2>&1"
