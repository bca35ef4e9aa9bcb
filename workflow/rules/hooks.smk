# What happens before anything is submitted, and after a failure.
from hembench.commands._refusals import refuse_blind
from hembench.core.errors import of_the_disk


onstart:
    try:
        refuse_blind(workflow.executor_settings)
        if study.devices():
            print(study.devices(), file=sys.stderr)
        study.bring_data()
    except HembenchError as error:
        raise WorkflowError(str(error))
    except OSError as error:
        if of_the_disk(error):
            raise WorkflowError(of_the_disk(error))
        raise


onerror:
    print(study.failures(), file=sys.stderr)
