"""Records a family in the custom layout by the chat model's own generate(), chat() and batch_chat()."""
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image

from .pictures import IMAGE_SIZE, imagenet_pixels, load_pictures, tiles_of
from .recording import QUESTIONS, Recorder
from .rotary import require_exact_frequencies

Pixels = Callable[[list[Image.Image]], torch.Tensor]


@dataclass
class ChatFamily:
    """A loaded checkpoint with what its reference needs to be asked."""

    model: torch.nn.Module
    tokenizer: object
    get_conv_template: Callable
    max_tiles: int
    thumbnail: bool
    returns_bos: bool
    pixels: Pixels = imagenet_pixels


def record_chat_family(family: ChatFamily, golden: Path, directory: Path) -> None:
    require_exact_frequencies(family.model)
    recorder = Recorder(directory, family.tokenizer)
    pictures = load_pictures(golden)
    tiles = {name: tiles_of(picture, family.max_tiles, family.thumbnail) for name, picture in pictures.items()}
    for case in _cases(list(tiles)):
        _record_case(family, recorder, tiles, case)
    recorder.write(
        image_size=IMAGE_SIZE,
        max_tiles=family.max_tiles,
        dynamic=family.thumbnail,
        use_thumbnail=family.thumbnail,
        num_image_token=family.model.num_image_token,
        system_message=family.model.system_message,
        batch_chat=_chat_transcripts(family, tiles),
    )


def _case(key: str, turns: list, images: list[str], concatenated: bool = False, steps: int = 24) -> dict[str, object]:
    return dict(key=key, images=images, concatenated=concatenated, turns=turns, max_new_tokens=steps)


def _cases(names: list[str]) -> list[dict[str, object]]:
    questions = (*QUESTIONS, *QUESTIONS)
    singles = [_case(f"single_{name}", [[f"<image>\n{text}", None]], [name]) for name, text in zip(names, questions)]
    first = f"<image>\n{QUESTIONS[0]}"
    rounds = [[first, "A picture."], ["What color is it?", "Blue."], [QUESTIONS[2], None]]
    compare = "Image-1: <image>\nImage-2: <image>\nWhat are the similarities and differences?"
    return [
        *singles,
        _case("text_only", [["Hello, who are you?", None]], []),
        _case("multi_round", rounds, ["square"]),
        _case("multi_image_separate", [[compare, None]], ["wide", "small"]),
        _case("multi_image_concatenated", [["<image>\n详细描述这两张图片", None]], ["small", "tall"], True),
        _case("long_answer", [[first, None]], ["small"], steps=200),
    ]


def _prompt(family: ChatFamily, turns: list, tiles_per_image: list[int]) -> str:
    template = family.get_conv_template(family.model.template)
    template.system_message = family.model.system_message
    for question, answer in turns:
        template.append_message(template.roles[0], question)
        template.append_message(template.roles[1], answer)
    prompt = template.get_prompt()
    for count in tiles_per_image:
        tokens = "<img>" + "<IMG_CONTEXT>" * (family.model.num_image_token * count) + "</img>"
        prompt = prompt.replace("<image>", tokens, 1)
    return prompt


def _record_case(family: ChatFamily, recorder: Recorder, tiles: dict, case: dict[str, object]) -> None:
    model, tokenizer = family.model, family.tokenizer
    counts = [len(tiles[name]) for name in case["images"]]
    counts = [sum(counts)] if case["concatenated"] else counts
    prompt = _prompt(family, case["turns"], counts)
    encoded = tokenizer(prompt, return_tensors="pt")
    pixels = family.pixels([tile for name in case["images"] for tile in tiles[name]]) if counts else None
    model.img_context_token_id = tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>")
    eos = tokenizer.convert_tokens_to_ids(model.conv_template.sep.strip())
    output = model.generate(
        pixel_values=pixels, input_ids=encoded["input_ids"], attention_mask=encoded["attention_mask"],
        **_greedy(tokenizer, case["max_new_tokens"]), eos_token_id=eos, output_scores=True,
        return_dict_in_generate=True,
    )
    tokens = output.sequences[0].tolist()
    if len(tokens) != len(output.scores) + family.returns_bos:
        raise RuntimeError(f"{case['key']}: {len(tokens)} ids returned for {len(output.scores)} steps")
    recorded = dict(prompt=prompt, input_ids=encoded["input_ids"][0].tolist(), tiles_per_image=counts, **case)
    recorder.add_case(recorded, torch.stack([step[0] for step in output.scores]), tokens[int(family.returns_bos):], eos)
    if pixels is not None:
        recorder.add_features(case["key"], model.extract_feature(pixels))


def _chat_transcripts(family: ChatFamily, tiles: dict) -> dict[str, object]:
    names, questions = ["small", "wide", "tall"], list(QUESTIONS[:3])
    greedy = _greedy(family.tokenizer, 16)
    together = family.pixels([tile for name in names for tile in tiles[name]])
    counts = [len(tiles[name]) for name in names]
    responses = family.model.batch_chat(family.tokenizer, together, questions, dict(greedy), num_patches_list=counts)
    singles = [
        family.model.chat(family.tokenizer, family.pixels(tiles[name]), question, dict(greedy))
        for name, question in zip(names, questions)
    ]
    return dict(images=names, questions=questions, max_new_tokens=16, responses=responses, chat_responses=singles)


def _greedy(tokenizer, steps: int) -> dict[str, object]:
    return dict(num_beams=1, do_sample=False, max_new_tokens=steps, pad_token_id=tokenizer.pad_token_id)
