"""What somebody with batches does by OpenAI's client for Python, asserting on all that comes back.

python python_client.py API_URL OTHER_API_URL PICTURE QUESTION ANSWER
"""

import base64
import json
import queue
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from openai import BadRequestError, ConflictError, NotFoundError, OpenAI
from openai.types import Batch
from standardwebhooks.webhooks import Webhook

MODEL = "tessera-tiny"
ENDPOINT = "/v1/chat/completions"
FINAL = ("completed", "failed", "expired", "cancelled")
LOOK_AGAIN_SECONDS = 0.1
LONG_BATCH_ROWS = 400

url, other_url, picture, question, answer = sys.argv[1:]
openai = OpenAI(base_url=f"{url}/v1", api_key="none")
other_replica = OpenAI(base_url=f"{other_url}/v1", api_key="none")


def messages(image_url):
    parts = [
        {"type": "image_url", "image_url": {"url": image_url}},
        {"type": "text", "text": question},
    ]
    return [{"role": "user", "content": parts}]


def rows(ids, image_url):
    body = {"model": MODEL, "messages": messages(image_url)}
    row = {"method": "POST", "url": ENDPOINT, "body": body}
    return "".join(json.dumps({"custom_id": custom_id, **row}) + "\n" for custom_id in ids).encode()


def upload(lines):
    return openai.files.create(file=("rows.jsonl", lines), purpose="batch").id


def submit(file_id):
    return openai.batches.create(
        input_file_id=file_id, endpoint=ENDPOINT, completion_window="24h", metadata={"by": "python"}
    )


def wait_for(batch_id, is_reached):
    while not is_reached(batch := other_replica.batches.retrieve(batch_id)):
        time.sleep(LOOK_AGAIN_SECONDS)
    return batch


def ended(batch_id):
    return wait_for(batch_id, lambda batch: batch.status in FINAL)


def results(file_id):
    if file_id is None:
        return {}
    lines = [json.loads(line) for line in other_replica.files.content(file_id).text.splitlines()]
    by_id = {line["custom_id"]: line for line in lines}
    assert len(by_id) == len(lines), "a custom_id came twice"
    return by_id


def refusal(kind, ask):
    try:
        ask()
    except kind as error:
        assert error.request_id.startswith("req_"), error.request_id
        return error
    raise AssertionError(f"no {kind.__name__} was raised")


def chats(data_url):
    asked = {"model": MODEL, "messages": messages(data_url)}
    whole = openai.chat.completions.create(**asked)
    assert whole.choices[0].message.content == answer, whole
    stream = other_replica.chat.completions.create(
        **asked, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == answer, text
    assert chunks[-1].usage.total_tokens == whole.usage.total_tokens, chunks[-1]


def answers_a_batch(data_url):
    file_id = upload(rows(["one", "two"], data_url))
    batch = ended(submit(file_id).id)
    assert batch.status == "completed", batch
    assert batch.metadata == {"by": "python"}, batch
    assert (batch.request_counts.total, batch.request_counts.completed) == (2, 2), batch
    answered = results(batch.output_file_id)
    assert sorted(answered) == ["one", "two"], answered
    for line in answered.values():
        assert line["response"]["body"]["choices"][0]["message"]["content"] == answer, line
    assert refusal(ConflictError, lambda: openai.batches.cancel(batch.id)).code == "batch_finished"
    assert batch.id in [listed.id for listed in openai.batches.list(limit=1)]
    assert openai.files.delete(file_id).deleted
    assert refusal(NotFoundError, lambda: other_replica.files.content(file_id)).code == "file_not_found"


def cancels_and_repeats(data_url):
    image = openai.files.create(file=Path(picture), purpose="vision")
    ids = [f"row-{number:04}" for number in range(LONG_BATCH_ROWS)]
    lines = rows(ids, image.id)
    sent = openai.uploads.upload_file_chunked(
        file=lines, filename="rows.jsonl", bytes=len(lines), mime_type="application/jsonl",
        purpose="batch", part_size=len(lines) // 3,
    )
    created = submit(sent.file.id)
    wait_for(created.id, lambda batch: batch.request_counts and batch.request_counts.completed > 0)
    assert openai.batches.cancel(created.id).status == "cancelling"
    batch = ended(created.id)
    assert batch.status == "cancelled", batch
    answered, left = results(batch.output_file_id), results(batch.error_file_id)
    assert len(answered) == batch.request_counts.completed > 0, batch
    assert sorted([*answered, *left]) == ids
    assert {line["error"]["code"] for line in left.values()} == {"batch_cancelled"}
    repeated = openai.post(f"/batches/{batch.id}/retry", cast_to=Batch)
    assert repeated.input_file_id == batch.input_file_id, repeated
    assert openai.batches.cancel(repeated.id).status in ("cancelling", "cancelled")
    assert not {*results(ended(repeated.id).output_file_id)} & {*answered}


class Receiver(BaseHTTPRequestHandler):
    received = queue.Queue()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.received.put((body.decode(), {name.lower(): value for name, value in self.headers.items()}))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def is_told(data_url):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    wanted = {
        "name": "python",
        "url": f"http://127.0.0.1:{server.server_port}/hook",
        "event_types": ["batch.completed"],
    }
    endpoint = openai.post("/webhook_endpoints", cast_to=dict, body=wanted)
    secret = endpoint["signing_secret"]
    batch = ended(submit(upload(rows(["one"], data_url))).id)
    body, headers = Receiver.received.get(timeout=30)
    assert Webhook(secret).verify(body, headers)["data"] == {"id": batch.id}, body
    event = openai.webhooks.unwrap(body, headers, secret=secret)
    assert (event.type, event.data.id) == ("batch.completed", batch.id), event
    openai.delete(f"/webhook_endpoints/{endpoint['id']}", cast_to=dict)
    server.shutdown()


def is_refused():
    # Bytes alone get the name "upload", which is no .jsonl.
    error = refusal(BadRequestError, lambda: openai.files.create(file=b"{}", purpose="batch"))
    assert (error.code, error.param) == ("file_invalid", "filename"), error
    error = refusal(BadRequestError, lambda: upload(b"no JSON"))
    assert (error.code, error.param) == ("file_invalid", "file"), error
    failed = ended(submit(upload(b'{"custom_id": "one"}\n')).id)
    assert failed.status == "failed", failed
    assert [(error.line, error.param) for error in failed.errors.data] == [(1, "method")], failed


kind = Path(picture).suffix[1:]
data = f"data:image/{kind};base64,{base64.b64encode(Path(picture).read_bytes()).decode()}"
chats(data)
answers_a_batch(data)
cancels_and_repeats(data)
is_told(data)
is_refused()
