"""What boto3 makes of an AWS: each line of stdin is a call or a wait, each line of stdout what came of it."""

import json
import os
import sys

import boto3
from botocore.exceptions import ClientError, WaiterError

session = boto3.Session(region_name="us-east-1")
endpoint = os.environ["AWS_ENDPOINT_URL"]


def result_of(service, call=None, wait=None, params={}):
    client = session.client(service, endpoint_url=endpoint)
    try:
        if wait:
            client.get_waiter(wait).wait(**params, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
            return {"reached": wait}
        answer = getattr(client, call)(**params)
        answer.pop("ResponseMetadata", None)
        return {"answer": answer}
    except ClientError as error:
        # The class that a program catches as `client.exceptions.X`.
        return {"exception": type(error).__name__, "code": error.response["Error"]["Code"], "message": error.response["Error"]["Message"]}
    except WaiterError as error:
        return {"exception": "WaiterError", "message": str(error)}


for line in sys.stdin:
    print(json.dumps(result_of(**json.loads(line)), default=str), flush=True)
