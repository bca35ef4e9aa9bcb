# The verdict on each claim of the paper.
# reads:  the evaluations of all conditions
# writes: claims.json, claims.csv
localrules:
    claims_result,


rule claims_result:
    input:
        read_by("claims"),
    output:
        update(study.output("claims")),
    log:
        study.log("claims"),
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        command=study.command,
    shell:
        "{params.command} claims {wildcards.cell} {wildcards.key} >> {log:q} 2>&1"
