# What a loss learns from data before its trainings: the similarity of classes.
# reads:  predictions of folds of a training set
# writes: similarity.npz
localrules:
    derive_result,


rule derive_result:
    input:
        read_by("derive"),
    output:
        update(study.output("derive")),
    log:
        study.log("derive"),
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        command=study.command,
    shell:
        "{params.command} derive {wildcards.cell} {wildcards.key} >> {log:q} 2>&1"
