"""The pictures of test/golden/images, as the reference's usage code cuts them into tiles and normalises them."""
from pathlib import Path

import numpy as np
import torch
from PIL import Image

IMAGE_SIZE = 56
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
NAMES = ("wide", "tall", "square", "small", "hd", "odd")


def load_pictures(golden: Path) -> dict[str, Image.Image]:
    return {name: Image.open(golden / "images" / f"{name}.png").convert("RGB") for name in NAMES}


def tiles_of(picture: Image.Image, max_tiles: int, thumbnail: bool, size: int = IMAGE_SIZE) -> list[Image.Image]:
    """Tiles row by row, then the thumbnail when there is more than one of them."""
    columns, rows = _grid_of(*picture.size, max_tiles, size)
    resized = picture.resize((columns * size, rows * size))
    corners = [(column * size, row * size) for row in range(rows) for column in range(columns)]
    tiles = [resized.crop((x, y, x + size, y + size)) for x, y in corners]
    return tiles + [picture.resize((size, size))] if thumbnail and len(tiles) > 1 else tiles


def imagenet_pixels(tiles: list[Image.Image]) -> torch.Tensor:
    mean, std = (torch.tensor(value)[:, None, None] for value in (IMAGENET_MEAN, IMAGENET_STD))
    return torch.stack([(_channels_first(tile) / 255 - mean) / std for tile in tiles])


def _channels_first(tile: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.array(tile)).permute(2, 0, 1).float()


def _grid_of(width: int, height: int, max_tiles: int, size: int) -> tuple[int, int]:
    sides = range(1, max_tiles + 1)
    grids = sorted(((i, j) for i in sides for j in sides if i * j <= max_tiles), key=lambda grid: grid[0] * grid[1])
    best, smallest = (1, 1), float("inf")
    for columns, rows in grids:
        difference = abs(width / height - columns / rows)
        large_enough = width * height > 0.5 * size * size * columns * rows
        if difference < smallest or (difference == smallest and large_enough):
            best, smallest = (columns, rows), difference
    return best
