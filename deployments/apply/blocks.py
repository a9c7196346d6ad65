"""Whom alerts go to: a notification block the user made, or one made here from a URL."""

from collections.abc import Callable, Sequence
from typing import Any, cast
from uuid import UUID

from pydantic import SecretStr

from deployments.apply.errors import DeploymentError
from settings import Settings

OWN_BLOCK = "evalflows-alerts"
TEXT = {"text": "{{ subject }}\n{{ body }}"}
"""What is posted to EVALFLOWS_ALERT_URL, as the incoming webhooks of Slack, Mattermost and others take it."""


def alert_blocks(settings: Settings) -> Sequence[UUID]:
    """The blocks that alerts are sent through; none where no setting names one.

    Raises:
        DeploymentError: EVALFLOWS_ALERT_BLOCK names no notification block.
    """
    named = [_find(settings.alert_block)] if settings.alert_block else []
    return [*named, *([_save(settings.alert_url)] if settings.alert_url else [])]


def _find(name: str) -> UUID:
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound

    kind, _, document = name.partition("/")
    try:
        with get_client(sync_client=True) as client:
            block = client.read_block_document_by_name(document, kind, include_secrets=False)
    except ObjectNotFound as error:
        raise DeploymentError(
            f"EVALFLOWS_ALERT_BLOCK={name!r}: there is no such block; make one in the Prefect UI under Blocks, and "
            "name it as type/name, for instance slack-webhook/team"
        ) from error
    if block.block_schema is None or "notify" not in block.block_schema.capabilities:
        raise DeploymentError(f"EVALFLOWS_ALERT_BLOCK={name!r}: blocks of this type send no notifications")
    return block.id


def _save(url: SecretStr) -> UUID:
    """The block for a URL, which it keeps encrypted."""
    from prefect.blocks.notifications import CustomWebhookNotificationBlock

    block = CustomWebhookNotificationBlock.model_validate(
        {"name": OWN_BLOCK, "url": "{{ url }}", "json_data": TEXT, "secrets": {"url": url.get_secret_value()}}
    )
    save: Callable[..., UUID] = cast(Any, block).save
    return save(OWN_BLOCK, overwrite=True, _sync=True)
