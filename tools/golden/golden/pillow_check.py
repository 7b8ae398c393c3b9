"""Whether the Pillow at hand makes the tiles that are recorded: since version 13 it may resize the height first."""
import hashlib
import json
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

from .pictures import IMAGE_SIZE, load_pictures, tiles_of

RECORDED_SIZE = 448


def require_recorded_pillow(golden: Path) -> None:
    """Refuses a Pillow that cuts other tiles than tiles.json says or orders its passes unlike version 13."""
    pictures = load_pictures(golden)
    for entry in json.loads((golden / "tiles.json").read_text(encoding="utf8")):
        tiles = tiles_of(pictures[entry["image"]], entry["max_tiles"], True, RECORDED_SIZE)
        if [_sha256(tile) for tile in tiles] != entry["sha256"]:
            raise RuntimeError(f"Pillow {PIL.__version__} makes other tiles of {entry['image']} than tiles.json has")
    _require_height_first(pictures["tall"], (IMAGE_SIZE, 3 * IMAGE_SIZE))


def _require_height_first(tall: Image.Image, size: tuple[int, int]) -> None:
    """None of the recorded tiles shrinks its height by more than twice what its width shrinks by; small tiles do."""
    width, height = size
    height_first = tall.resize((tall.width, height)).resize(size).tobytes()
    width_first = tall.resize((width, tall.height)).resize(size).tobytes()
    if height_first == width_first:
        raise RuntimeError("the picture does not tell one order of passes from the other")
    if tall.resize(size).tobytes() != height_first:
        raise RuntimeError(f"Pillow {PIL.__version__} resizes the width first; version 13 or later is needed")


def _sha256(tile: Image.Image) -> str:
    return hashlib.sha256(np.array(tile).tobytes()).hexdigest()
