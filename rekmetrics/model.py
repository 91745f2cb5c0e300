"""
The version that is judged and its files: one record for AWS, folders and exports.

A field of AWS's description is added here, with the line that reads it; what is saved,
the result file, its schema and its page follow.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from rekmetrics.arns import ProjectArn


class Model(Struct, frozen=True, kw_only=True):
    """The version that was judged; None where neither request nor documents say it."""

    project_arn: Annotated[
        str | None,
        Meta(
            description="The project's ARN; null where a folder was judged without "
            "naming it."
        ),
    ] = None
    version_arn: Annotated[str | None, Meta(description="The version's ARN.")] = None
    version_name: Annotated[str | None, Meta(description="The version's name.")] = None
    project_name: Annotated[str | None, Meta(description="The project's name.")] = None
    region: Annotated[str | None, Meta(description="The region of the ARN.")] = None
    status: Annotated[
        str | None, Meta(description="The version's status when it was judged.")
    ] = None
    trained: Annotated[
        str | None, Meta(description="When training ended, ISO 8601.")
    ] = None
    f1: Annotated[
        float | None,
        Meta(description="Rekognition's own F1, from the version's description."),
    ] = None
    source_version_arn: Annotated[
        str | None,
        Meta(description="For a copied model: the version that it was copied from."),
    ] = None
    base_model_version: Annotated[
        str | None, Meta(description="Rekognition's base model.")
    ] = None
    requested: Annotated[
        str | None,
        Meta(
            description="The word that the request had in place of the version's name, "
            "`@latest` or `@running`."
        ),
    ] = None
    is_test_set_split: Annotated[
        bool | None,
        Meta(description="Whether AWS split the test set off the training images."),
    ] = None

    @property
    def told_name(self) -> str:
        """The version's name, with the word beside it that was given in its place."""
        name = self.version_name or "not named"
        return f"{name} ({self.requested})" if self.requested else name

    @classmethod
    def from_description(
        cls, raw: Mapping[str, Any], project: ProjectArn, name: str
    ) -> Model:
        """What Rekognition's DescribeProjectVersions says of this version."""
        return cls(
            project_arn=project.text,
            version_arn=raw["ProjectVersionArn"],
            version_name=name,
            project_name=project.project_name,
            region=project.region,
            status=raw.get("Status") or "",
            trained=_iso(raw.get("TrainingEndTimestamp")),
            f1=_finite(raw["EvaluationResult"].get("F1Score")),
            source_version_arn=raw.get("SourceProjectVersionArn"),
            base_model_version=raw.get("BaseModelVersion"),
            is_test_set_split=_is_split(raw.get("TestingDataResult") or {}),
        )


class UnknownModel(Model, frozen=True, kw_only=True, omit_defaults=True):
    """What stands in a result until the version is known: nothing."""


class SourceFile(Struct, frozen=True):
    """One file of the evaluation: where it was read, and what exactly was read."""

    name: Annotated[
        Literal["summary", "manifest", "training", "images"],
        Meta(
            description="summary, manifest, training: the training manifest, or "
            "images: what S3 tells of the images' bytes."
        ),
    ]
    location: Annotated[str, Meta(description="Its S3 URI, or the name of the file.")]
    version: Annotated[str | None, Meta(description="The S3 object's version.")]
    n_bytes: Annotated[int, Meta(ge=0, description="Its length.")]
    sha256: Annotated[
        str, Meta(pattern="^[0-9a-f]{64}$", description="SHA-256 of its bytes.")
    ]


def _is_split(testing: Mapping[str, Any]) -> bool | None:
    told = [(testing.get(part) or {}).get("AutoCreate") for part in ("Input", "Output")]
    return any(told) if told != [None, None] else None


def _iso(moment: datetime.datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(datetime.timezone.utc).isoformat(timespec="seconds")


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
