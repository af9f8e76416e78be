"""AWS on this machine, for one deployment of Pollux: moto's server, and what `cdk deploy` and the deployed functions need
beyond it. `python3 stand_in.py NODE FOLDER` serves on a free port of 127.0.0.1 and prints its address as a line
`ready http://...`; functions run as their deployed code in processes of NODE, and log to files in FOLDER.

It ends when its standard input does, so it never outlives the test that started it. Written for moto 5.2."""
import copy
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import types
import zipfile
from urllib.parse import urlparse

import moto.cloudformation.responses
import moto.cloudformation.utils
import moto.core.config
import moto.events.models
import moto.stepfunctions.models
import moto.stepfunctions.parser.models
from moto.awslambda.models import LambdaFunction
from moto.core.exceptions import AWSError
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.iam.models import iam_backends
from moto.moto_server.threaded_moto_server import ThreadedMotoServer
from moto.stepfunctions.parser.models import stepfunctions_parser_backends
from moto.stepfunctions.responses import StepFunctionResponse

NODE, FOLDER = sys.argv[1:3]
HARNESS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "function-process.mjs")


# CloudFormation reads the template that the CDK has put into S3. moto looks for a bucket in the name of the host, which
# here is an address.
def template_of(template_url, account_id, partition):
    from moto.s3.models import s3_backends

    bucket, key = urlparse(template_url).path.lstrip("/").split("/", 1)
    return s3_backends[account_id][partition].get_object(bucket, key).value.decode()


moto.cloudformation.utils.get_stack_from_s3_url = template_of
moto.cloudformation.responses.get_stack_from_s3_url = template_of

# Executions really run: those of the state machines that CloudFormation makes too.
moto.core.config.default_user_config["stepfunctions"]["execute_state_machine"] = True
moto.stepfunctions.models.stepfunctions_backends = stepfunctions_parser_backends


# An execution keeps the definition that it was started with. moto copies the whole state machine for that, with its earlier
# executions, whose locks cannot be copied.
def without_executions(machine):
    kept = copy.copy(machine)
    kept.executions = []
    return kept


moto.stepfunctions.parser.models.copy = types.SimpleNamespace(deepcopy=without_executions)

# As in the CloudFormation user guide: `Ref` of a bus is its name.
moto.events.models.EventBus.physical_resource_id = property(lambda bus: bus.name)


# moto checks no permissions here. Those to complete a task token are checked, because Pollux has to live with a refusal: a
# function's access key is the name of its role, whose policies must allow the call on the state machine of the token.
def role_of(request):
    credential = re.search(r"Credential=([^/]+)/", request.headers.get("Authorization", ""))
    roles = iam_backends[request.current_account]["aws"].roles.values()
    return next((role for role in roles if credential and role.name == credential[1]), None)


def machine_of(request, token):
    for machine in request.stepfunction_backend.state_machines:
        for execution in machine.executions:
            if token in execution.exec_worker.env.callback_pool_manager._pool:
                return machine
    return None


class AccessDeniedException(AWSError):
    TYPE = "AccessDeniedException"
    STATUS = 400


def guarded(name, action):
    complete = getattr(StepFunctionResponse, name)

    def check(request):
        role, machine = role_of(request), machine_of(request, request._get_param("taskToken"))
        if role is not None and machine is not None:
            policies = [*role.policies.values(), *role.managed_policies.values()]
            answers = [IAMPolicy(policy).is_action_permitted(action, machine.arn) for policy in policies]
            if PermissionResult.PERMITTED not in answers:
                raise AccessDeniedException(f"{role.arn} is not authorized to perform {action} on {machine.arn}")
        return complete(request)

    setattr(StepFunctionResponse, name, check)


guarded("send_task_success", "states:SendTaskSuccess")
guarded("send_task_failure", "states:SendTaskFailure")

unpacked = {}


def folder_of(function):
    """Where the function's deployed code is."""
    if function.code_sha_256 not in unpacked:
        folder = tempfile.mkdtemp(dir=FOLDER)
        zipfile.ZipFile(io.BytesIO(function.code_bytes)).extractall(folder)
        unpacked[function.code_sha_256] = folder
    return unpacked[function.code_sha_256]


def invoke(function, event=None):
    """A cold start in every invocation: a process that has the function's own environment and nothing of this one's."""
    text = event if isinstance(event, str) else json.dumps(event or {})
    environment = {
        **{name: str(value) for name, value in (function.environment_vars or {}).items()},
        "AWS_ACCESS_KEY_ID": function.role.rsplit("/", 1)[-1],
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
        "AWS_REGION": function.region,
        "AWS_ENDPOINT_URL": ENDPOINT,
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_FUNCTION_ARN": function.function_arn,
    }
    answer, log = "", ""
    with tempfile.NamedTemporaryFile("r", dir=FOLDER) as result:
        try:
            ran = subprocess.run(
                [NODE, HARNESS, folder_of(function), function.handler, result.name],
                input=text, text=True, env=environment, timeout=float(function.timeout),
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )
            log, answer = ran.stdout, result.read()
        except subprocess.TimeoutExpired as expired:
            log = f"{expired.output} Task timed out after {function.timeout} seconds"
    with open(os.path.join(FOLDER, f"{function.function_name}.log"), "a") as file:
        file.write(f"{log}\n")
    if answer == "":
        return json.dumps({"errorType": "Runtime.ExitError", "errorMessage": log[-500:]}), True, log
    return answer, answer.startswith('{"errorType":'), log


LambdaFunction._invoke_lambda = invoke

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
ENDPOINT = f"http://{host}:{port}"
os.environ["MOTO_PORT"] = str(port)
print(f"ready {ENDPOINT}", flush=True)
sys.stdin.read()
os._exit(0)
