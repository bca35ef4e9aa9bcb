# The whole study: `snakemake` makes everything that config/demo.yaml (or --configfile ...) asks for.
include: "workflow/Snakefile"


# a default target of its own: `include` resets it, and without one nothing would run
rule default:
    default_target: True
    input:
        rules.all.input,
