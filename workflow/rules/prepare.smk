# One set of images: training, test, OOD or corrupted.
# reads:  raw files, or the test set
# writes: set.npz (uint8 images, labels, counts)
rule prepare_result:
    input:
        read_by("prepare"),
    output:
        update(study.output("prepare")),
    log:
        study.log("prepare"),
    priority: 1  # sets first: a training then goes on to its predictions in one process
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        **study.resources("prepare"),
    params:
        command=study.command,
    shell:
        "{params.command} prepare {wildcards.cell} {wildcards.key} >> {log:q} 2>&1"
