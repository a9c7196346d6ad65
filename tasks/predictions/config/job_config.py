"""The predictions a job asks for: its own values, else the environment's, else the defaults; checked field by field."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Literal, cast, get_args

from settings import PredictionSettings
from storage.records.base import Record
from tasks.errors import RunRefused
from tasks.predictions.config.fields import Fields
from tasks.predictions.prompts import Frequency, GenerationSettings

SECTION = "predictions"
LARGEST_SEED = 2**32 - 1
ModelSize = Literal["", "7b", "13b", "70b"]


class ConfigError(RunRefused):
    """What a job says of its predictions cannot be used.

    Attributes:
        messages: One for each field: its name, its value, the limit and where that comes from, what to do.
    """

    def __init__(self, messages: tuple[str, ...]) -> None:
        super().__init__("\n".join(messages))
        self.messages = messages


class PredictionsConfig(Record):
    """What a job predicts, and when; complete and within the limits.

    Attributes:
        enabled: False means that nothing is done, and that the other fields were not looked at.
        sample_count: Most samples predicted at each checkpoint; a smaller data set gives fewer.
        step_interval: Training steps from one pass to the next; used with the frequency `steps`.
        seed: Of the draw of the samples and of the sampling of tokens.
        stratify: Draw samples of all lengths alike.
        max_new_tokens: Most tokens of a prediction.
        batch_size: Prompts answered at once.
        temperature: 0 is greedy.
        repeats: How often each prompt is answered at each checkpoint.
        model_size: Size class of the model, for the cost estimate; empty where it is not known.
    """

    enabled: bool = True
    sample_count: int = 5
    sample_frequency: Frequency = "epoch"
    step_interval: int = 10
    seed: int = 0
    stratify: bool = False
    max_new_tokens: int = 256
    batch_size: int = 16
    temperature: float = 0.0
    top_p: float = 1.0
    repeats: int = 1
    model_size: ModelSize = ""

    def generation(self) -> GenerationSettings:
        """How the prompts are answered."""
        names = ("max_new_tokens", "batch_size", "temperature", "top_p", "repeats", "seed")
        return GenerationSettings(**{name: getattr(self, name) for name in names})


def read_config(config: Mapping[str, Any], limits: PredictionSettings) -> PredictionsConfig:
    """What a job's configuration says under `predictions`.

    Args:
        config: All of a job's configuration; what stands beside `predictions` is the training's own.
        limits: Of the environment.

    Raises:
        ConfigError: Something in it cannot be used; every such field has its message.
    """
    section = _section(config)
    enabled = section.get("enabled", limits.enabled)
    if enabled is False:
        return PredictionsConfig(enabled=False)
    fields = Fields(section, SECTION)
    values = _values(fields, limits)
    fields.refuse_unknown(tuple(PredictionsConfig.model_fields))
    if fields.messages:
        raise ConfigError(tuple(fields.messages))
    return PredictionsConfig(**values)


def _section(config: Mapping[str, Any]) -> Mapping[str, Any]:
    if SECTION not in config:
        _refuse_misplaced(config)
        return {}
    section = config[SECTION]
    if not isinstance(section, Mapping):
        raise ConfigError((f"{SECTION} is {section!r}, and must be a mapping such as {{sample_count: 5}}",))
    return cast("Mapping[str, Any]", section)


def _refuse_misplaced(config: Mapping[str, Any]) -> None:
    ours = [name for name in ("sample_count", "sample_frequency", "step_interval") if name in config]
    messages = [f"{name} stands outside of {SECTION}: write {{{SECTION}: {{{name}: ...}}}}" for name in ours]
    if close := get_close_matches(SECTION, [name for name in config if isinstance(config[name], Mapping)], 1, 0.8):
        messages.append(f"{close[0]} is not known: did you mean {SECTION}?")
    if messages:
        raise ConfigError(tuple(messages))


def _values(fields: Fields, limits: PredictionSettings) -> dict[str, Any]:
    least, longest = limits.min_step_interval, limits.max_length
    values: dict[str, Any] = {
        "enabled": fields.flag("enabled", limits.enabled),
        "sample_count": fields.whole(
            "sample_count", limits.default_sample_count, most=limits.max_sample_count, most_from="MAX_SAMPLE_COUNT"
        ),
        "sample_frequency": fields.one_of("sample_frequency", limits.default_frequency, get_args(Frequency)),
        "step_interval": fields.whole("step_interval", least, least=least, least_from="MIN_STEP_INTERVAL"),
        "seed": fields.whole("seed", 0, least=0, most=LARGEST_SEED),
        "stratify": fields.flag("stratify", default=False),
        "max_new_tokens": fields.whole("max_new_tokens", longest, most=longest, most_from="MAX_LENGTH"),
        "batch_size": fields.whole("batch_size", limits.batch_size, most=1024),
        "temperature": fields.number("temperature", 0.0, least=0.0, most=2.0),
        "top_p": fields.number("top_p", 1.0, least=0.01, most=1.0),
        "repeats": fields.whole("repeats", 1, most=100),
        "model_size": fields.one_of("model_size", "", get_args(ModelSize)),
    }
    if not fields.messages and values["repeats"] > 1 and not values["temperature"]:
        fields.refuse("repeats", "and without a temperature all repeats say the same: set temperature above 0")
    return values
