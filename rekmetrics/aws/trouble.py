"""What went wrong between here and AWS, in a sentence and what to do about it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rekmetrics.errors import AwsError
from rekmetrics.texts import mask_account, quote

_RENEW = "Renew them ('aws sso login', or the CI job's role), then run again."
_GIVE = "Set AWS_PROFILE or --aws-profile, or give the CI job a role."
_PROFILE = "Correct it in ~/.aws, or choose another with --aws-profile."
_SSO = "the single sign-on session has expired. Run 'aws sso login', then run again."
_LOGIN = "the login session has expired. Run 'aws login', then run again."
_BUSY = "AWS is limiting requests, also after {tries} tries. Run again later."
_DOWN = "AWS failed with {code}, also after {tries} tries. Run again later."
_EXPIRED = f"the AWS credentials have expired. {_RENEW}"
_INVALID = f"AWS does not know the credentials ({{code}}). {_GIVE}"
_SECRET = f"the secret key does not fit the key id ({{code}}). {_GIVE}"
_CLOCK = "this machine's clock is wrong ({code}). Set it, then run again."
_REGION = "the bucket is in another region and AWS did not say where ({code})."
_KMS = "the KMS key that the object is encrypted with cannot be used ({code})."
_GONE = (
    "the object is not there ({code}). It was deleted or moved after training; train "
    "the version again, or restore it."
)
_CUT = "the connection broke in the middle of the document ({kind}). Run again."
_SAID = "AWS answered {code}: {said}"
_SAID_NOTHING = "AWS answered {code}, and no more. Run again."
_NO_FILE = (
    "the AWS credentials are to come from {file}, which cannot be used ({reason}): a "
    "token file (AWS_WEB_IDENTITY_TOKEN_FILE, web_identity_token_file) or a program "
    "(credential_process). Correct its path, or let the CI job ask for a token."
)
_PROCESS = (
    "the program of credential_process gave no credentials. Run it by hand to see "
    "what it says, or choose another profile with --aws-profile."
)
_HEADER = (
    "key id or session token hold a line break or the like, which cannot be sent. Set "
    "AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN anew, or their lines in ~/.aws."
)
_UNREADABLE = f"the AWS credentials could not be read ({{kind}}). {_PROFILE}"
_SLOW = "AWS did not answer in time ({endpoint}). Check network and proxy; run again."

# By AWS's error code.
_CODES = {
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "TokenRefreshRequired": _EXPIRED,
    "RequestExpired": _CLOCK,
    "RequestTimeTooSkewed": _CLOCK,
    "UnrecognizedClientException": _INVALID,
    "InvalidClientTokenId": _INVALID,
    "InvalidAccessKeyId": _INVALID,
    "InvalidToken": _INVALID,
    "AuthFailure": _INVALID,
    "MissingAuthenticationToken": _INVALID,
    "MissingAuthenticationTokenException": _INVALID,
    "IncompleteSignature": _SECRET,
    "IncompleteSignatureException": _SECRET,
    "SignatureDoesNotMatch": _SECRET,
    "InvalidSignatureException": _SECRET,
    "OptInRequired": "the account has not enabled this service or region ({code}).",
    "SubscriptionRequiredException": "the account has not enabled this service.",
    "NoSuchKey": _GONE,
    "NotFound": _GONE,
    "404": _GONE,
    "NoSuchBucket": "the bucket does not exist (any more). Train the version again.",
    "NoSuchVersion": (
        "this object version no longer exists. Train the model version again."
    ),
    "MethodNotAllowed": (
        "this object version is a delete marker. Train the model version again."
    ),
    "InvalidObjectState": (
        "the object is archived (Glacier). Restore it in S3, then run again."
    ),
    "PermanentRedirect": _REGION,
    "TemporaryRedirect": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "301": _REGION,
    "307": _REGION,
    "400": "AWS refused the request ({code}); expired credentials give this, too.",
    "InvalidPaginationTokenException": "AWS refused its own page token. Run again.",
    "ResourceNotFoundException": "there is no such project or version.",
    "Throttling": _BUSY,
    "ThrottlingException": _BUSY,
    "ThrottledException": _BUSY,
    "ProvisionedThroughputExceededException": _BUSY,
    "TooManyRequestsException": _BUSY,
    "RequestLimitExceeded": _BUSY,
    "SlowDown": _BUSY,
    "429": _BUSY,
}
_DENIED = {"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "403"}

# By the exception's class or one of its bases, so that names which an old botocore
# lacks need no import.
_CLASSES = {
    "NoCredentialsError": f"no AWS credentials were found. {_GIVE}",
    "PartialCredentialsError": f"the AWS credentials are incomplete. {_GIVE}",
    "CredentialRetrievalError": f"getting AWS credentials failed. {_GIVE}",
    "JSONDecodeError": (
        "the AWS credentials could not be read: what the program of credential_process "
        "printed, or a file of the cache in ~/.aws, is not JSON."
    ),
    "MetadataRetrievalError": f"getting AWS credentials failed. {_GIVE}",
    "UnknownCredentialError": f"the way to get AWS credentials is unknown. {_GIVE}",
    "ProfileNotFound": f"the AWS profile does not exist ({{detail}}). {_PROFILE}",
    "ConfigParseError": f"the AWS configuration file is not readable. {_PROFILE}",
    "ConfigNotFound": f"the AWS configuration file is missing. {_PROFILE}",
    "InvalidConfigError": f"the AWS configuration is wrong ({{detail}}). {_PROFILE}",
    "RefreshWithMFAUnsupportedError": _EXPIRED,
    "TokenRetrievalError": _SSO,
    "UnauthorizedSSOTokenError": _SSO,
    "SSOTokenLoadError": _SSO,
    "SSOError": _SSO,
    "LoginError": _LOGIN,
    "NoAuthTokenError": _SSO,
    "MissingDependencyException": "{detail}",
    "InvalidRegionError": "the ARN's region is not one that AWS can have.",
    "NoRegionError": "no region was given.",
    "EndpointConnectionError": (
        "there is no connection to {endpoint}. Check network, proxy and region."
    ),
    "ProxyConnectionError": (
        "the proxy could not be reached. Check HTTPS_PROXY, then run again."
    ),
    "SSLError": (
        "the secure connection to {endpoint} failed. Check proxy and AWS_CA_BUNDLE."
    ),
    "ConnectTimeoutError": _SLOW,
    "ReadTimeoutError": _SLOW,
    "ConnectionClosedError": (
        "the connection to {endpoint} was closed without an answer. Run again."
    ),
    "FlexibleChecksumError": (
        "the document does not have the checksum that S3 keeps for it: it changed on "
        "the way. Run again."
    ),
    "IncompleteReadError": _CUT,
    "ResponseStreamingError": _CUT,
    "HTTPClientError": "the connection to {endpoint} failed ({kind}). Run again.",
    "ResponseParserError": (
        "{endpoint} gave an answer that is not AWS's. Check proxy and endpoint."
    ),
    "ParamValidationError": "the request is not one that AWS can read ({detail}).",
}

_NOT_AUTHORIZED = re.compile(
    r"(?:User: )?(?P<principal>arn:\S+) is not authorized to perform: (?P<action>\S+)"
    r"(?: on (?:the )?resource(?: associated with this ciphertext)?:? "
    r"\"?(?P<resource>arn:[^\s\"]+))?"
)
# The last part of an assumed role's ARN often is a person's e-mail address.
_SESSION = re.compile(r"(:assumed-role/[^/\s]+/)[^\s\"',]+")
_SECRETS = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}|(?i:X-Amz-[\w-]+=)\S+|[A-Za-z0-9+/=_-]{100,}"
)


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked of AWS: enough to say it in a sentence."""

    subject: str
    """What the sentence begins with, for example an S3 address; no region."""
    region: str
    permission: str
    resource: str
    endpoint: str = "AWS"
    advice: str = ""
    """What else a refusal can mean."""
    n_tries: int = 1


@contextlib.contextmanager
def translated(request: Request) -> Iterator[None]:
    """Errors as a sentence that names request and region, and holds no secret."""
    try:
        yield
    except Exception as error:
        code = _code(error)
        text = _sentence(error, code, request, _UNREADABLE)
        raise AwsError(text, code=code) from error


def translate_transfer(error: Exception, request: Request) -> AwsError:
    """The same for what happened after the answer had begun; its code says so."""
    text = _sentence(error, _code(error), request, _CUT)
    return AwsError(text, code="Transfer")


def _sentence(error: Exception, code: str, request: Request, otherwise: str) -> str:
    if code in _DENIED and _answer(error) is not None:
        text = _explain_denial(_message(error), request)
    else:
        text = _template(error, code, otherwise).format(
            code=_clean(code),
            detail=_clean(str(error)),
            endpoint=request.endpoint,
            file=_clean(str(getattr(error, "filename", ""))),
            kind=type(error).__name__,
            reason=_clean(str(getattr(error, "strerror", ""))),
            said=_clean(_message(error)),
            tries=request.n_tries,
        )
    return f"{request.subject} ({request.region}): {text}"


def _answer(error: Exception) -> Mapping[str, Any] | None:
    """What AWS said, if it said anything."""
    response = getattr(error, "response", None)
    return response if isinstance(response, dict) else None


def _code(error: Exception) -> str:
    answer = _answer(error)
    if answer is None:
        return type(error).__name__
    return str(answer.get("Error", {}).get("Code") or "Unknown")


def _message(error: Exception) -> str:
    return str((_answer(error) or {}).get("Error", {}).get("Message") or "")


def _template(error: Exception, code: str, otherwise: str) -> str:
    answer = _answer(error)
    if answer is not None:
        return _CODES.get(code) or _template_of_answer(answer, code)
    if isinstance(error, OSError) and error.filename:
        return _NO_FILE
    if "Invalid header value" in str(error):
        return _HEADER
    if getattr(error, "kwargs", {}).get("provider") == "custom-process":
        return _PROCESS
    for base in type(error).__mro__:
        if base.__name__ in _CLASSES:
            return _CLASSES[base.__name__]
    if isinstance(error, (AttributeError, LookupError, TypeError)):
        return _CLASSES["ResponseParserError"]
    return otherwise


def _template_of_answer(answer: Mapping[str, Any], code: str) -> str:
    if code.startswith("KMS."):
        return _KMS
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
    is_down = isinstance(status, int) and status >= 500
    if is_down or code in {"500", "502", "503", "504"}:
        return _DOWN
    return _SAID if answer.get("Error", {}).get("Message") else _SAID_NOTHING


def _explain_denial(message: str, request: Request) -> str:
    """Name permission and resource, in AWS's own words where it says them."""
    found = _NOT_AUTHORIZED.search(message)
    if found is None:
        who, action, resource = "the caller", request.permission, request.resource
    else:
        who, action = _clean(found["principal"]), _clean(found["action"]).rstrip(".,")
        resource = (found["resource"] or request.resource).rstrip(".,")
        if action.startswith("kms:") and not found["resource"]:
            resource = f"the key of {request.resource}"
    advice = request.advice if action == request.permission else ""
    return (
        f"access denied: {who} needs the permission {action} on "
        f"{_clean(resource)}{advice}."
    )


def _clean(text: str) -> str:
    """Foreign text for a sentence of ours: no secret, no account, on one line."""
    text = _SESSION.sub(r"\1…", _SECRETS.sub("…", text))
    return mask_account(quote(text)[1:-1])
