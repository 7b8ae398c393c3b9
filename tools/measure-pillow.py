"""Images a second of the reference's preprocessing: Pillow and torchvision, several processes on one picture.

Usage: measure-pillow.py PICTURE MAX_TILES IMAGES PROCESSES. Prints images a second and the processor time of one in
milliseconds. Needs Pillow, torch and torchvision.
"""

import sys
import time
from multiprocessing import Barrier, Process, SimpleQueue

import torch
import torchvision.transforms as T
from PIL import Image
from torchvision.transforms.functional import InterpolationMode

SIZE = 448
to_pixels = T.Compose(
    [
        T.Lambda(lambda image: image.convert("RGB") if image.mode != "RGB" else image),
        T.Resize((SIZE, SIZE), interpolation=InterpolationMode.BICUBIC),
        T.ToTensor(),
        T.Normalize(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
    ]
)


def choose_grid(width, height, max_tiles):
    grids = sorted(
        {
            (columns, rows)
            for columns in range(1, max_tiles + 1)
            for rows in range(1, max_tiles + 1)
            if columns * rows <= max_tiles
        },
        key=lambda grid: grid[0] * grid[1],
    )
    best, smallest = (1, 1), float("inf")
    for grid in grids:
        difference = abs(width / height - grid[0] / grid[1])
        fills = width * height > 0.5 * SIZE * SIZE * grid[0] * grid[1]
        if difference < smallest or (difference == smallest and fills):
            best, smallest = grid, difference
    return best


def prepare(file, max_tiles):
    image = Image.open(file).convert("RGB")
    columns, rows = choose_grid(*image.size, max_tiles)
    resized = image.resize((columns * SIZE, rows * SIZE), Image.BICUBIC)
    boxes = [(x * SIZE, y * SIZE, (x + 1) * SIZE, (y + 1) * SIZE) for y in range(rows) for x in range(columns)]
    tiles = [resized.crop(box) for box in boxes]
    if len(tiles) > 1:
        tiles.append(image.resize((SIZE, SIZE), Image.BICUBIC))
    return torch.stack([to_pixels(tile) for tile in tiles])


def work(file, max_tiles, count, ready, done, processor_seconds):
    torch.set_num_threads(1)
    prepare(file, max_tiles)
    ready.wait()
    started = time.process_time()
    for _ in range(count):
        prepare(file, max_tiles)
    processor_seconds.put(time.process_time() - started)
    done.wait()


def main():
    file, max_tiles, images, processes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    count = -(-images // processes)
    ready, done = Barrier(processes + 1), Barrier(processes + 1)
    processor_seconds = SimpleQueue()
    arguments = (file, max_tiles, count, ready, done, processor_seconds)
    workers = [Process(target=work, args=arguments) for _ in range(processes)]
    for worker in workers:
        worker.start()
    ready.wait()
    started = time.perf_counter()
    done.wait()
    images_per_second = count * processes / (time.perf_counter() - started)
    processor_ms = 1000 * sum(processor_seconds.get() for _ in workers) / (count * processes)
    print(images_per_second, processor_ms)
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main()
