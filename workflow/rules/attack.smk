# One cell under one attack and norm.
# reads:  weights, the test set
# writes: attack.npz, attack.json
rule attack_result:
    input:
        read_by("attack"),
    output:
        update(study.output("attack")),
    log:
        study.log("attack"),
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        **study.resources("attack"),
    params:
        command=study.command,
    shell:
        "{params.command} attack {wildcards.cell} {wildcards.key} >> {log:q} 2>&1"
