# One figure of the study.
# reads:  the evaluations of all conditions
# writes: figure.svg, figure_narrow.svg, data.csv, figure.json
localrules:
    figure_result,


rule figure_result:
    input:
        lambda wildcards: ancient(study.inputs("figure")(wildcards)),
    output:
        update(study.output("figure")),
    log:
        study.log("figure"),
    threads: 1
    conda:
        "../../envs/environment.yaml"
    shell:
        "{study.command} figure {wildcards.cell} {wildcards.key} >> {log} 2>&1"
