"""The samples of a data set: read in any usual format, drawn, and made into prompts."""

from tasks.predictions.samples.choose import choose_samples, prompts_hash
from tasks.predictions.samples.prompting import context_of, make_prompts
from tasks.predictions.samples.read import read_samples
from tasks.predictions.samples.sample import Sample, SampleFile, SamplesError

__all__ = [
    "Sample",
    "SampleFile",
    "SamplesError",
    "choose_samples",
    "context_of",
    "make_prompts",
    "prompts_hash",
    "read_samples",
]
