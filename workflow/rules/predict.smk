# One cell's logits on the sets of an evaluation group.
# reads:  weights, prepared sets
# writes: predictions.npz, history.json, environment.json
rule predict_result:
    input:
        read_by("predict"),
    output:
        update(study.output("predict")),
    log:
        study.log("predict"),
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        **study.resources("predict"),
    params:
        command=study.command,
    shell:
        "{params.command} predict {wildcards.cell} {wildcards.key} >> {log:q} 2>&1"
