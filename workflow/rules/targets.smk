# What can be asked for by name; `all` (and a bare `snakemake`) is everything.
from hembench.workflow import TARGETS


def wanted(*stages):
    """Return an input function: the markers of these stages, refusing forced runs."""

    def markers(wildcards):
        try:
            return ancient(study.wanted(workflow.dag_settings, *stages))
        except HembenchError as error:
            raise WorkflowError(str(error))

    return markers


localrules:
    all,
    data,
    train,
    predict,
    attack,
    metrics,
    figures,
    report,


rule all:
    input:
        wanted(),


rule data:
    input:
        wanted(*TARGETS["data"]),


rule train:
    input:
        wanted(*TARGETS["train"]),


rule predict:
    input:
        wanted(*TARGETS["predict"]),


rule attack:
    input:
        wanted(*TARGETS["attack"]),


rule metrics:
    input:
        wanted(*TARGETS["metrics"]),


rule figures:
    input:
        wanted(*TARGETS["figures"]),


rule report:
    input:
        wanted(*TARGETS["report"]),
