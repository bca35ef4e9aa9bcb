# What the targets share.
from hembench.workflow import TARGETS


def wanted(*stages):
    """Return an input function: the markers of these stages, refusing forced runs."""

    def markers(wildcards):
        try:
            return ancient(study.wanted(workflow.dag_settings, *stages))
        except HembenchError as error:
            raise WorkflowError(str(error))

    return markers
