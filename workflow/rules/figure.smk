# One figure of the study.
# reads:  the evaluations of all conditions
# writes: figure.svg, figure_narrow.svg, data.csv, figure.json
localrules:
    figure_result,


rule figure_result:
    input:
        read_by("figure"),
    output:
        update(study.output("figure")),
    log:
        study.log("figure"),
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        command=study.command,
    shell:
        "{params.command} figure {wildcards.cell} {wildcards.key} >> {log:q} 2>&1"
