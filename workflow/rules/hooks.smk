# What happens before anything is submitted, and after a failure.
onstart:
    try:
        study.bring_data()
    except HembenchError as error:
        raise WorkflowError(str(error))


onerror:
    print(study.failures(), file=sys.stderr)
