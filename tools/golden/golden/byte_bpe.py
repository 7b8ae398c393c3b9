"""The byte-level vocabulary that all small Qwen checkpoints of test/golden share."""
import shutil
from pathlib import Path

SOURCE_FAMILY = "internvl2_5-4b"
IMAGE_TOKENS = ("<img>", "</img>", "<IMG_CONTEXT>", "<quad>", "</quad>", "<ref>", "</ref>", "<box>", "</box>")


def copy_byte_bpe(golden: Path, checkpoint: Path) -> tuple[str, str]:
    """Copies vocab.json and merges.txt into the checkpoint; returns their paths."""
    for name in ("vocab.json", "merges.txt"):
        shutil.copy(golden / SOURCE_FAMILY / "checkpoint" / name, checkpoint / name)
    return str(checkpoint / "vocab.json"), str(checkpoint / "merges.txt")
