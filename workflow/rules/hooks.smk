# What happens before anything is submitted, and after a failure.
from hembench.commands._refusals import refuse_blind


onstart:
    try:
        refuse_blind(workflow.executor_settings)
        if study.devices():
            print(study.devices(), file=sys.stderr)
        study.bring_data()
    except HembenchError as error:
        raise WorkflowError(str(error))


onerror:
    print(study.failures(), file=sys.stderr)
