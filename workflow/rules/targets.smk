# What can be asked for by name, beside everything.
localrules:
    data,
    train,
    predict,
    attack,
    metrics,
    figures,
    claims,
    report,


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


rule claims:
    input:
        wanted(*TARGETS["claims"]),


rule report:
    input:
        wanted(*TARGETS["report"]),
