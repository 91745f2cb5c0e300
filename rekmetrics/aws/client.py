"""Rekognition and S3, asked politely: bounded tries, bounded pages, checked answers."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from rekmetrics.arns import ProjectArn, VersionArn, parse_project_arn, parse_version_arn
from rekmetrics.aws.body import Body
from rekmetrics.aws.description import (
    ListedVersion,
    S3Location,
    VersionDescription,
    describe,
    list_descriptions,
    pick_version,
)
from rekmetrics.aws.trouble import Request, translated
from rekmetrics.errors import AwsError, NoSuchVersionError, RequestError
from rekmetrics.texts import mask_account, nearest, quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from rekmetrics.streams import ByteStream


_MAX_PAGES = 20
_N_LISTED = 5

Arn = TypeVar("Arn")


@dataclass(frozen=True, slots=True)
class Patience:
    """How often AWS is tried, and how many seconds each time."""

    n_tries: int = 4
    connect_timeout: float = 10.0
    read_timeout: float = 60.0


class Aws:
    """
    Rekognition and S3 in one region.

    Clients are made when they are first needed, from the environment as botocore
    reads it; tests hand in their own. Every error of boto3, of the credentials and of
    AWS leaves as an `AwsError`.
    """

    def __init__(
        self,
        region: str,
        *,
        profile: str | None = None,
        rekognition: Any = None,
        s3: Any = None,
        patience: Patience | None = None,
    ) -> None:
        self.region = region
        self._profile = profile
        self._given = {"rekognition": rekognition, "s3": s3}
        self._patience = patience or Patience()

    @cached_property
    def endpoints(self) -> Mapping[str, str]:
        """Where requests go by service, for those that do not go to AWS's own place."""
        return {
            service: shown
            for service in self._given
            if (shown := self._endpoint(service)) != self._default_endpoint(service)
        }

    @cached_property
    def credentials_source(self) -> str:
        """
        The place that botocore has credentials from, in its own word.

        Raises:
            AwsError: there are none, or they cannot be had.
        """
        request = Request("AWS credentials", self.region, "", "")
        session = self._session
        with translated(request):
            from botocore.exceptions import NoCredentialsError

            found = session.get_credentials()
            if found is None:
                raise NoCredentialsError
            found.get_frozen_credentials()
        return str(found.method)

    def describe_version(self, project: ProjectArn, name: str) -> VersionDescription:
        """
        The version of this very name, with the places of its evaluation.

        Raises:
            NoSuchVersionError: there is none.
            AwsError: it has no evaluation, or AWS could not be asked.
            RequestError: it is an adapter, not a Custom Labels model.
        """
        try:
            found = self._list_versions(project, VersionNames=[name])
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise
            found = []
        raw = pick_version(found, project, name)
        if raw is None:
            raise self._nothing_found(project, name)
        return describe(raw, project, name)

    def list_versions(self, project: ProjectArn) -> list[ListedVersion]:
        """
        All versions of a project, the newest first.

        Raises:
            AwsError: there is no such project, or AWS could not be asked.
        """
        try:
            found = self._list_versions(project)
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise
            raise self._no_project(project) from error
        return list_descriptions(found, project)

    def list_projects(self) -> list[ProjectArn]:
        """
        All Custom Labels projects of the region.

        Raises:
            AwsError: AWS could not be asked.
        """
        request = self._project_request("DescribeProjects", "*")
        ask = self._rekognition.describe_projects
        found = self._pages(request, "ProjectDescriptions", ask)
        return _parse_each(found, "ProjectArn", parse_project_arn)

    def find_project(self, version: VersionArn) -> ProjectArn:
        """
        The project of a version, which the version's ARN names without its number.

        Raises:
            AwsError: there is none, or AWS could not be asked.
        """
        for project in self.list_projects():
            if version.is_of(project):
                return project
        raise AwsError(
            f"Project {version.project_name} of {mask_account(version.text)} does not "
            f"exist in {self.region}; check region and account of the ARN.",
            code="NotFound",
        )

    def open(self, location: S3Location) -> ByteStream:
        """
        The bytes of an object, of the version that the location names.

        Raises:
            AwsError: here, or from `read`; also at the end if bytes are missing.
        """
        request = self._s3_request(
            f"{location.bucket}/{location.key}",
            "s3:GetObject" if location.version is None else "s3:GetObjectVersion",
            "; without s3:ListBucket a missing object, and without a payer a "
            "requester-pays bucket, give the same answer",
        )
        arguments = {"Bucket": location.bucket, "Key": location.key}
        if location.version is not None:
            arguments["VersionId"] = location.version
        # Old botocore checks only when asked; new botocore may be told not to.
        client = self._s3
        with translated(request):
            answer = client.get_object(ChecksumMode="ENABLED", **arguments)
        if "Body" not in answer:
            raise AwsError(
                f"{request.subject} ({self.region}): the answer is not S3's. Check "
                "proxy and endpoint."
            )
        returned = answer.get("VersionId")
        if location.version not in {None, "null", returned}:
            raise AwsError(
                f"{request.subject} ({self.region}): S3 was asked for version "
                f"{location.version} and gave {returned}. Check the endpoint."
            )
        return Body(answer, request)

    def ask_s3(self, ask: str, place: str, permission: str, **arguments: Any) -> Any:
        """S3's answer about BUCKET or BUCKET/KEY, to an operation as boto3 names it."""
        request = self._s3_request(place, permission)
        operation = getattr(self._s3, ask)
        with translated(request):
            return operation(**arguments)

    def tag(self, version_arn: str, tags: Mapping[str, str]) -> None:
        """
        Write tags to a version; those of the same keys give way, all others stay.

        Raises:
            AwsError: AWS did not take them.
        """
        request = self._project_request("TagResource", version_arn)
        client = self._rekognition
        with translated(request):
            client.tag_resource(ResourceArn=version_arn, Tags={**tags})

    @cached_property
    def _session(self) -> Any:
        with translated(Request("AWS configuration", self.region, "", "")):
            import boto3

            return boto3.session.Session(
                profile_name=self._profile, region_name=self.region or None
            )

    @cached_property
    def _rekognition(self) -> Any:
        return self._given["rekognition"] or self._client("rekognition")

    @cached_property
    def _s3(self) -> Any:
        return self._given["s3"] or self._client("s3")

    def _client(self, service: str, **choices: Any) -> Any:
        request = Request(f"AWS configuration for {service}", self.region, "", "")
        session, patience = self._session, self._patience
        with translated(request):
            from botocore.config import Config

            config = Config(
                retries={"mode": "standard", "total_max_attempts": patience.n_tries},
                connect_timeout=patience.connect_timeout,
                read_timeout=patience.read_timeout,
                user_agent_extra="rekmetrics",
                max_pool_connections=16,
                **choices,
            )
            return session.client(service, config=config)

    def _endpoint(self, service: str) -> str:
        client = self._rekognition if service == "rekognition" else self._s3
        return _without_secrets(client.meta.endpoint_url)

    def _default_endpoint(self, service: str) -> str:
        client = self._client(service, ignore_configured_endpoint_urls=True)
        return _without_secrets(client.meta.endpoint_url)

    def _s3_request(self, place: str, permission: str, advice: str = "") -> Request:
        return Request(
            mask_account(quote(f"s3://{place}")[1:-1]),
            self.region,
            permission,
            f"arn:aws:s3:::{place}",
            self._endpoint("s3"),
            advice,
            self._patience.n_tries,
        )

    def _project_request(self, operation: str, resource: str) -> Request:
        return Request(
            "Rekognition",
            self.region,
            f"rekognition:{operation}",
            resource,
            self._endpoint("rekognition"),
            n_tries=self._patience.n_tries,
        )

    def _list_versions(self, project: ProjectArn, **choices: Any) -> list[Any]:
        request = self._project_request("DescribeProjectVersions", project.text)
        ask = self._rekognition.describe_project_versions
        ask = partial(ask, ProjectArn=project.text, **choices)
        return self._pages(request, "ProjectVersionDescriptions", ask)

    def _pages(
        self, request: Request, member: str, ask: Callable[..., Any]
    ) -> list[Any]:
        """All items of all pages; a bound on pages, since tokens may never end."""
        items: list[Any] = []
        page: dict[str, str] = {}
        for _ in range(_MAX_PAGES):
            with translated(request):
                answer = ask(**page)
            if not isinstance(answer.get(member), list):
                raise AwsError(
                    f"Rekognition ({self.region}): {request.endpoint} gave an answer "
                    f"without {member}. Something between here and AWS has answered "
                    "in its place; check proxy and endpoint."
                )
            items.extend(answer[member])
            if not answer.get("NextToken"):
                return items
            page = {"NextToken": answer["NextToken"]}
        raise AwsError(
            f"Rekognition ({self.region}): the list does not end after {_MAX_PAGES} "
            "pages. Run again; if it stays so, check the endpoint."
        )

    def _nothing_found(self, project: ProjectArn, name: str) -> AwsError:
        """Say what there is instead, as far as it may be listed."""
        text = (
            f"Project {project.project_name} in {self.region} has no model version "
            f"{quote(name)}"
        )
        try:
            found = self._list_versions(project)
        except AwsError as error:
            if error.code == "ResourceNotFoundException":
                return self._no_project(project)
            return AwsError(f"{text}.")
        versions = _parse_each(found, "ProjectVersionArn", parse_version_arn)
        known = [arn.version_name for arn in versions]
        if name in known:
            return AwsError(f"{text}, and yet lists it. Run again.")
        return NoSuchVersionError(f"{text}; {_list_nearest(name, known)}.")

    def _no_project(self, project: ProjectArn) -> AwsError:
        text = f"Project {mask_account(project.text)} does not exist in {self.region}"
        try:
            projects = self.list_projects()
        except AwsError:
            return AwsError(f"{text}; check region, account and number of the ARN.")
        for arn in projects:
            if arn.project_name == project.project_name:
                return AwsError(
                    f"{text}; the one of this name is {mask_account(arn.text)}."
                )
        known = [arn.project_name for arn in projects]
        return AwsError(
            f"{text}; {_list_nearest(project.project_name, known)}. Is it in another "
            "region? Only the ARN's own was asked.",
            code="NotFound",
        )


def default_region(profile: str | None) -> str:
    """
    The region that environment or profile name.

    Raises:
        RequestError: they name none.
        AwsError: the profile cannot be read.
    """
    nowhere = Aws("", profile=profile)
    region = os.environ.get("AWS_REGION") or nowhere._session.region_name
    if not region:
        raise RequestError(
            "which region? Set AWS_REGION, or give --project-arn, which names it."
        )
    return str(region)


def _parse_each(
    found: Iterable[Any], member: str, parse: Callable[[str], Arn]
) -> list[Arn]:
    """The ARNs in Rekognition's order; those that are none are left out."""
    arns = []
    for raw in found:
        with contextlib.suppress(RequestError):
            arns.append(parse(str(raw.get(member))))
    return arns


def _list_nearest(name: str, known: Sequence[str]) -> str:
    if not known:
        return "there is none yet"
    best = dict.fromkeys([*nearest(name, known), *known])
    shown = ", ".join(list(best)[:_N_LISTED])
    n_more = len(best) - _N_LISTED
    return f"there are {shown}" + (f" and {n_more} more" if n_more > 0 else "")


def _without_secrets(url: str) -> str:
    """Scheme, host, port and path: no user, no password, no query."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"
