"""Records a family in the HF-native layout by transformers' own processor and generate()."""
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image

from .pictures import IMAGE_SIZE, imagenet_pixels, load_pictures, tiles_of
from .recording import QUESTIONS, Recorder
from .rotary import require_exact_frequencies

IMAGE = "<image>"
MAX_TILES = 12


@dataclass
class HfFamily:
    model: torch.nn.Module
    processor: object
    eos: int


def record_hf_family(family: HfFamily, golden: Path, directory: Path) -> None:
    """Prompts, ids and tile counts are the processor's; pixels are Pillow's, as for every other family."""
    require_exact_frequencies(family.model)
    recorder, pictures = Recorder(directory, family.processor.tokenizer), load_pictures(golden)
    differences = [_record_case(family, recorder, pictures, case) for case in _cases()]
    recorder.write(
        image_size=IMAGE_SIZE, max_tiles=MAX_TILES, dynamic=True, use_thumbnail=True,
        num_image_token=family.processor.image_seq_length, system_message=None,
    )
    print(f"the processor's own pixels differ from Pillow's by up to {max(differences):.1f} of 255")


def _cases() -> list[dict[str, object]]:
    def case(key: str, images: list[str], *turns: tuple[str, str | None], **more: object) -> dict[str, object]:
        return dict(dict(key=key, images=images, concatenated=False, max_new_tokens=24), turns=list(turns), **more)

    return [
        case("single_wide", ["wide"], (f"{IMAGE}\n{QUESTIONS[0]}", None)),
        case("single_tall", ["tall"], (f"{IMAGE}\n{QUESTIONS[2]}", None)),
        case("single_small", ["small"], (f"{IMAGE}\n{QUESTIONS[4]}", None)),
        case("single_odd", ["odd"], (f"{IMAGE}\n{QUESTIONS[3]}", None)),
        case("two_images", ["small", "square"], (f"{IMAGE}\n{IMAGE}\nCompare the two.", None)),
        case("image_inside_text", ["hd"], (f"Look at {IMAGE}\nand say what it shows.", None)),
        case("multi_round", ["square"], (f"{IMAGE}\n{QUESTIONS[0]}", "A picture."), ("What color is it?", None)),
        case("system_message", ["small"], (f"{IMAGE}\n{QUESTIONS[1]}", None), system="Answer in one word."),
        case("text_only", [], ("Hello, who are you?", None)),
    ]


def _messages(case: dict[str, object]) -> list[dict[str, object]]:
    messages = [dict(role="system", content=case["system"])] if "system" in case else []
    for question, answer in case["turns"]:
        messages.append(dict(role="user", content=_content(question)))
        messages += [dict(role="assistant", content=answer)] if answer is not None else []
    return messages


def _content(question: str) -> list[dict[str, str]]:
    """The template writes the newline after an image itself."""
    first, *after = question.split(IMAGE)
    content = [dict(type="text", text=first)]
    for text in after:
        content += [dict(type="image"), dict(type="text", text=text.removeprefix("\n"))]
    return [part for part in content if part.get("text") != ""]


def _record_case(family: HfFamily, recorder: Recorder, pictures: dict[str, Image.Image], case: dict) -> float:
    """Returns how far the processor's pixels are from Pillow's, in levels of 255."""
    processor, model, images = family.processor, family.model, [pictures[name] for name in case["images"]]
    tiles = [tiles_of(image, MAX_TILES, True) for image in images]
    text = processor.apply_chat_template(_messages(case), add_generation_prompt=True, tokenize=False)
    inputs = processor(text=text, images=images or None, return_tensors="pt")
    pixels = imagenet_pixels([tile for group in tiles for tile in group]) if images else None
    ids = inputs["input_ids"]
    prompt = _expanded(text, [len(group) for group in tiles], processor)
    if processor.tokenizer(prompt)["input_ids"] != ids[0].tolist():
        raise RuntimeError(f"{case['key']}: the expanded prompt is not what the processor made of it")
    output = model.generate(
        input_ids=ids, attention_mask=inputs["attention_mask"], **({} if pixels is None else dict(pixel_values=pixels)),
        do_sample=False, max_new_tokens=case["max_new_tokens"], eos_token_id=family.eos,
        pad_token_id=processor.tokenizer.pad_token_id, output_logits=True, return_dict_in_generate=True,
    )
    recorded = dict(prompt=prompt, input_ids=ids[0].tolist(), tiles_per_image=[len(group) for group in tiles], **case)
    logits = torch.stack([step[0] for step in output.logits])
    recorder.add_case(recorded, logits, output.sequences[0, ids.shape[1]:].tolist(), family.eos)
    if pixels is None:
        return 0.0
    features = model.get_image_features(pixels)
    features = getattr(features, "pooler_output", features)
    recorder.add_features(case["key"], features.reshape(pixels.shape[0], -1, features.shape[-1]))
    return (inputs["pixel_values"] - pixels).abs().max().item() * 0.229 * 255


def _expanded(text: str, counts: list[int], processor) -> str:
    first, *after = text.split(processor.image_token)
    blocks = [f"<img>{processor.image_token * (processor.image_seq_length * count)}</img>" for count in counts]
    if len(blocks) != len(after):
        raise RuntimeError(f"{len(after)} images in the prompt for {len(blocks)} given")
    return first + "".join(block + rest for block, rest in zip(blocks, after))
