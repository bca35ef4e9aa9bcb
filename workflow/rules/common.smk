# What the rules share: their input functions. Each refuses forced runs, whatever was asked for.
from hembench.commands._refusals import refuse_forced, refuse_locked
from hembench.workflow import TARGETS


def unforced(markers):
    """Return an input function: what `markers` gives, whose times mean nothing."""

    def inputs(wildcards):
        try:
            refuse_forced(workflow.dag_settings)
            refuse_locked(workflow.execution_settings, workflow.dryrun)
            return ancient(markers(wildcards))
        except HembenchError as error:
            raise WorkflowError(str(error))

    return inputs


def read_by(stage):
    """Return the input function of a stage's rule."""
    return unforced(study.inputs(stage))


def wanted(*stages):
    """Return an input function of a target: the markers of these stages."""
    return unforced(lambda wildcards: study.wanted(*stages))
