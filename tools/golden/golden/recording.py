"""What is recorded of a family: the file forms that test/golden/README.md describes."""
import json
from pathlib import Path

import torch
from safetensors.torch import save_file

QUESTIONS = (
    "Describe the image in detail.",
    "What color is the circle?",
    "请详细描述图片",
    "How many shapes are there? Answer with  one word.\nThen explain.",
    "  leading and trailing spaces  ",
)
TOKENIZER_TEXTS = (
    *QUESTIONS, "", " ", "\n\n", "a<image>b", "Hello  world", "<|end|><|user|>\nHi", "<|im_start|>user\nHi<|im_end|>\n",
    "naïve café — “quotes” … 你好，世界 🙂👍🏽", "def f(x):\n\treturn x**2  # comment", "1234567890 3.14159 $5,000.00",
    "<box>[[1, 2, 3, 4]]</box> <ref>cat</ref>", "A" * 50, "ＦＵＬＬｗｉｄｔｈ ﬁ ligature", "\u200bzero\u200dwidth",
    "mixed 中文 and English，混合。", "</img>\nWhat is this?", "<img> x </img>  y", "e\u0301 \u00e9",
    "<think>\nhm\n</think>\n\nyes", "I'll they'RE \t tabs\r\n", "<s>begin</s> end", "▁ under", "\ufffd\x00\x1f",
)


def fresh_directory(directory: Path) -> Path:
    """The directory, made if need be, without the files of an earlier run."""
    directory.mkdir(parents=True, exist_ok=True)
    for file in directory.iterdir():
        file.unlink()
    return directory


def drop_python_files(checkpoint: Path) -> None:
    """The reference's save_pretrained may put its code beside the weights; a checkpoint here is data only."""
    for file in checkpoint.glob("*.py"):
        file.unlink()


def write_json(file: Path, value: object) -> None:
    file.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf8")


def edit_json(file: Path, drop: tuple[str, ...] = (), **changes: object) -> None:
    """Rewrites a JSON file in transformers' own form, with keys dropped, changed or added."""
    value = {**json.loads(file.read_text(encoding="utf8")), **changes}
    kept = {key: entry for key, entry in value.items() if key not in drop}
    file.write_text(json.dumps(kept, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf8")


class Recorder:
    """Collects the cases and arrays of one family and writes them beside its checkpoint."""

    def __init__(self, directory: Path, tokenizer) -> None:
        self.directory = directory
        self.tokenizer = tokenizer
        self.arrays: dict[str, torch.Tensor] = {}
        self.cases: list[dict[str, object]] = []

    def add_case(self, case: dict[str, object], logits: torch.Tensor, tokens: list[int], eos: int) -> None:
        """`logits` is [steps, vocab]; `tokens` are the new ones only."""
        key, top = case["key"], logits.float().topk(8, -1)
        self.arrays[f"{key}.logits_first"] = logits[0].float().contiguous()
        self.arrays[f"{key}.top_values"] = top.values.contiguous()
        self.arrays[f"{key}.top_ids"] = top.indices.to(torch.int32).contiguous()
        text = self.tokenizer.decode(tokens, skip_special_tokens=True)
        self.cases.append(dict(case, tokens=tokens, text=text, finished=tokens[-1] == eos, eos_token_id=eos))

    def add_features(self, key: str, features: torch.Tensor) -> None:
        self.arrays[f"{key}.features"] = features.float().contiguous()

    def write(self, **facts: object) -> None:
        tokenized = [dict(text=text, ids=self.tokenizer(text)["input_ids"]) for text in TOKENIZER_TEXTS]
        write_json(self.directory / "tokenizer.json.cases.json", tokenized)
        save_file(self.arrays, self.directory / "expected.safetensors")
        batch_chat = {key: facts.pop(key) for key in ("batch_chat",) if key in facts}
        write_json(self.directory / "cases.json", dict(model=self.directory.name, **facts, cases=self.cases, **batch_chat))
        lengths = [len(case["tokens"]) for case in self.cases]
        print(self.directory.name, "new tokens", lengths, repr(self.cases[0]["text"][:60]), flush=True)
