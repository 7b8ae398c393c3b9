"""Writes test/golden/sampling/processors.json: logits, settings, and what transformers' logits processors make of them."""

import argparse
import json
import pathlib

import torch
from transformers import (
    LogitsProcessor,
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)
from transformers.generation.utils import GenerationMixin

# Nearer than this to the border of a nucleus, or of a min-p, rounding decides what stays.
MARGIN = 1e-5


class FrequencyAndPresencePenalty(LogitsProcessor):
    """OpenAI's formula: mu[j] - c[j] * alpha_frequency - float(c[j] > 0) * alpha_presence."""

    def __init__(self, frequency: float, presence: float):
        self.frequency, self.presence = frequency, presence

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        counts = torch.zeros_like(scores).scatter_add_(1, input_ids, torch.ones_like(input_ids, dtype=scores.dtype))
        return scores - counts * self.frequency - (counts > 0).to(scores.dtype) * self.presence


def processors(settings: dict) -> LogitsProcessorList:
    """In the order in which transformers' _get_logits_processor puts them; check_order proves it."""
    chain = LogitsProcessorList()
    if settings.get("repetition_penalty", 1.0) != 1.0:
        chain.append(RepetitionPenaltyLogitsProcessor(settings["repetition_penalty"]))
    frequency, presence = settings.get("frequency_penalty", 0.0), settings.get("presence_penalty", 0.0)
    if frequency != 0.0 or presence != 0.0:
        chain.append(FrequencyAndPresencePenalty(frequency, presence))
    if settings.get("temperature", 1.0) != 1.0:
        chain.append(TemperatureLogitsWarper(settings["temperature"]))
    if "top_k" in settings:
        chain.append(TopKLogitsWarper(settings["top_k"]))
    if settings.get("top_p", 1.0) < 1.0:
        chain.append(TopPLogitsWarper(settings["top_p"]))
    if "min_p" in settings:
        chain.append(MinPLogitsWarper(settings["min_p"]))
    return chain


def check_order() -> None:
    """The library's own list for a model with every setting has these classes in this order."""
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    model = LlamaForCausalLM(
        LlamaConfig(vocab_size=8, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1)
    )
    config = GenerationConfig(
        do_sample=True, repetition_penalty=1.2, temperature=0.7, top_k=3, top_p=0.9, min_p=0.1, num_beams=1
    )
    model._prepare_special_tokens(config)
    assert isinstance(model, GenerationMixin)
    theirs = [type(each).__name__ for each in model._get_logits_processor(config, input_ids_seq_length=0)]
    ours = [type(each).__name__ for each in processors(config.to_dict())]
    assert theirs == ours, (theirs, ours)


def nearest_border(scores: torch.Tensor, settings: dict) -> float:
    """How far the closest probability is from the border of top-p or of min-p, for scores that they get."""
    nearest = float("inf")
    if settings.get("top_p", 1.0) < 1.0:
        sums = scores.sort(descending=False).values.double().softmax(-1).cumsum(-1)
        nearest = (sums - (1 - settings["top_p"])).abs().min().item()
        scores = TopPLogitsWarper(settings["top_p"])(None, scores)
    if "min_p" in settings and 0 < settings["min_p"] < 1:
        ratios = (scores - scores.max()).double().exp()
        nearest = min(nearest, (ratios - settings["min_p"]).abs().min().item())
    return nearest


SETTINGS = [
    {},
    {"temperature": 0.7},
    {"temperature": 1.9},
    {"temperature": 0.05},
    {"top_k": 1},
    {"top_k": 5},
    {"top_k": 5000},
    {"top_p": 0.9},
    {"top_p": 0.5},
    {"top_p": 0.001},
    {"top_p": 0.0},
    {"min_p": 0.1},
    {"min_p": 0.9},
    {"repetition_penalty": 1.3},
    {"repetition_penalty": 0.8},
    {"frequency_penalty": 0.6},
    {"presence_penalty": 1.4},
    {"frequency_penalty": -0.5, "presence_penalty": -1.0},
    {"repetition_penalty": 1.2, "frequency_penalty": 0.3, "presence_penalty": 0.2},
    {"temperature": 0.6, "top_k": 20, "top_p": 0.95},
    {"temperature": 1.4, "top_p": 0.8, "min_p": 0.05},
    {"temperature": 0.8, "top_k": 40, "top_p": 0.9, "min_p": 0.02, "repetition_penalty": 1.15},
    {
        "temperature": 1.2,
        "top_k": 50,
        "top_p": 0.97,
        "min_p": 0.01,
        "repetition_penalty": 1.1,
        "frequency_penalty": 0.4,
        "presence_penalty": 0.3,
    },
]


def vectors() -> dict[str, tuple[list[float], list[int]]]:
    """Logits and the tokens generated so far. Values are float32 numbers, written in full."""
    generator = torch.Generator().manual_seed(12)

    def normal(size: int, spread: float) -> torch.Tensor:
        return torch.randn(size, generator=generator) * spread

    tied = (normal(64, 2.0) * 2).round() / 2
    return {
        "small": (normal(12, 2.0), [3, 3, 5, 0]),
        "nothing_generated": (normal(16, 3.0), []),
        "negative": (normal(32, 1.0) - 20.0, [1, 2, 2, 2, 31]),
        "tied": (tied, [0, 7, 7, 9]),
        "peaked": (torch.cat([torch.tensor([30.0, 18.0]), normal(30, 1.0)]), [0, 0, 0, 1]),
        "flat_1k": (normal(1024, 0.2), [10, 20, 20, 1000]),
        "usual_1k": (normal(1024, 3.0), list(range(0, 1024, 100)) * 2),
        "wide_1k": (normal(1024, 12.0), [5, 6, 7]),
    }


def has_ties_at(processed: torch.Tensor, scores: torch.Tensor) -> bool:
    """Whether top-p kept some of several equal scores: which ones is up to the sort, so such a case says nothing."""
    kept = scores[torch.isfinite(processed)]
    dropped = scores[~torch.isfinite(processed)]
    return bool(torch.isin(dropped, kept).any())


def expectation(logits: torch.Tensor, generated: list[int], settings: dict) -> dict | None:
    ids = torch.tensor([generated], dtype=torch.long)
    scores = logits[None].clone()
    for processor in processors(settings):
        if isinstance(processor, TopPLogitsWarper):
            if nearest_border(scores, settings) < MARGIN:
                return None
            processed = processor(ids, scores)
            if has_ties_at(processed[0], scores[0]):
                return None
            scores = processed
        elif isinstance(processor, MinPLogitsWarper):
            if nearest_border(scores, {"min_p": settings["min_p"]}) < MARGIN:
                return None
            scores = processor(ids, scores)
        else:
            scores = processor(ids, scores)
    kept = torch.isfinite(scores[0]).nonzero()[:, 0]
    probabilities = scores[0].double().softmax(-1)
    return {
        "kept": None if len(kept) == len(logits) else kept.tolist(),
        "scores": scores[0][kept].tolist(),
        "probability_of_first": probabilities[kept[0]].item(),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("output", type=pathlib.Path, help="the folder test/golden")
    folder = parser.parse_args().output / "sampling"
    folder.mkdir(exist_ok=True)
    check_order()
    cases, left_out = [], 0
    named = {name: (torch.as_tensor(logits), generated) for name, (logits, generated) in vectors().items()}
    for name, (logits, generated) in named.items():
        for settings in SETTINGS:
            expected = expectation(logits, generated, settings)
            if expected is None:
                left_out += 1
                continue
            cases.append({"vector": name, "settings": settings, **expected})
    document = {
        "vectors": {name: {"logits": v.tolist(), "generated": g} for name, (v, g) in named.items()},
        "cases": cases,
    }
    (folder / "processors.json").write_text(json.dumps(round_floats(document), separators=(",", ":")) + "\n")
    print(f"{len(cases)} cases, {left_out} left out: too near a border for float32")


def round_floats(value):
    """Nine significant digits tell every float32 number from the next."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: round_floats(each) for key, each in value.items()}
    if isinstance(value, list):
        return [round_floats(each) for each in value]
    return value


if __name__ == "__main__":
    main()
