"""Writes the Parquet files that test/integration/datasets/sources reads.

Needs pyarrow and Hugging Face's datasets with pillow; made with pyarrow 26.0.1 and datasets 5.2.0:
    pip install pyarrow datasets pillow
    python tools/make-parquet-fixtures.py test/integration/datasets/sources/parquet
"""

import datetime
import decimal
import io
import pathlib
import sys

import datasets
import PIL.Image
import pyarrow
import pyarrow.parquet


def png(shade: int) -> bytes:
    file = io.BytesIO()
    PIL.Image.new("RGB", (2, 2), (shade, shade, shade)).save(file, "PNG")
    return file.getvalue()


def write_types(folder: pathlib.Path) -> None:
    """One row of values, one of nulls."""
    moment = datetime.datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=datetime.timezone.utc)
    values = {
        "url": (pyarrow.string(), "https://example.com/1.jpg"),
        "word": (pyarrow.dictionary(pyarrow.int32(), pyarrow.string()), "cat"),
        "int8": (pyarrow.int8(), -7),
        "int64": (pyarrow.int64(), 2**53 - 1),
        "large": (pyarrow.int64(), 2**53 + 1),
        "uint64": (pyarrow.uint64(), 2**64 - 1),
        "float": (pyarrow.float32(), 0.5),
        "double": (pyarrow.float64(), -1.25),
        "nan": (pyarrow.float64(), float("nan")),
        "flag": (pyarrow.bool_(), True),
        "day": (pyarrow.date32(), moment.date()),
        "moment": (pyarrow.timestamp("us", tz="UTC"), moment),
        "price": (pyarrow.decimal128(10, 2), decimal.Decimal("12.34")),
        "text_bytes": (pyarrow.binary(), "täxt".encode()),
        "bytes": (pyarrow.binary(), b"\xff\x00\xfe"),
        "tags": (pyarrow.list_(pyarrow.string()), ["a", "b"]),
        "box": (pyarrow.struct({"x": pyarrow.int64(), "label": pyarrow.string()}), {"x": 3, "label": "c"}),
        "sizes": (pyarrow.map_(pyarrow.string(), pyarrow.int32()), [("w", 4), ("h", 5)]),
    }
    arrays = {name: pyarrow.array([value, None], kind) for name, (kind, value) in values.items()}
    pyarrow.parquet.write_table(pyarrow.table(arrays), folder / "types.parquet")


def write_groups(folder: pathlib.Path) -> None:
    table = pyarrow.table({"path": [f"{row}.jpg" for row in range(1000)], "n": list(range(1000))})
    pyarrow.parquet.write_table(table, folder / "groups.parquet", row_group_size=100, compression="zstd")


def write_codecs(folder: pathlib.Path) -> None:
    table = pyarrow.table({"path": [f"folder/picture-{row % 3}.jpg" for row in range(50)]})
    for codec in ["none", "snappy", "gzip", "brotli", "lz4", "zstd"]:
        path = folder / f"codec-{codec}.parquet"
        pyarrow.parquet.write_table(table, path, compression=codec, use_dictionary=False)


def write_images(folder: pathlib.Path) -> None:
    """As the Hub has them: an image in its row, one by its path alone, none."""
    rows = {
        "image": [{"bytes": png(10), "path": "a.png"}, {"bytes": png(20), "path": None}, None],
        "label": ["ten", "twenty", "none"],
    }
    features = datasets.Features({"image": datasets.Image(), "label": datasets.Value("string")})
    datasets.Dataset.from_dict(rows, features=features).to_parquet(folder / "images.parquet")
    raw = pyarrow.table({"image": [png(10), b"folder/b.png"], "label": ["bytes", "path"]})
    pyarrow.parquet.write_table(raw, folder / "raw-images.parquet")


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    write_types(folder)
    write_groups(folder)
    write_codecs(folder)
    write_images(folder)


if __name__ == "__main__":
    main()
