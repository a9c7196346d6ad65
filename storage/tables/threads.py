"""Table `threads`: immutable conversation contents, addressed by their hash."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class ThreadRow(Base):
    """One content of one thread. Contents never change; the one seen last is the current one."""

    __tablename__ = "threads"
    __table_args__ = (
        UniqueConstraint("app", "external_id", "content_hash"),
        Index("ix_threads_app_last_active", "app", "last_active"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    app: Mapped[str]
    external_id: Mapped[str]
    content_hash: Mapped[str]
    profile_id: Mapped[str | None]
    user_id: Mapped[str | None]
    name: Mapped[str | None]
    pinned: Mapped[bool] = mapped_column(server_default=text("false"))
    messages: Mapped[list[Any]]
    message_count: Mapped[int]
    labelled_success: Mapped[bool | None]
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", server_default=text("'{}'::jsonb"))
    created_at: Mapped[datetime | None]
    last_active: Mapped[datetime | None]
    last_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
