"""The real embedded model under a template that makes it think: what reasons for real, however foolishly.

with thinking_model() as (url, key):
    ...  # url ends in /v1
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.support.embedded import model_folder
from tui.engine.embedded.models import SMOLLM2

KEY: Final = "thinking-key"
_BUDGET: Final = 12
"""Tokens of reasoning: left alone, this model seldom comes to an end of it."""

# The runtime learns from the template itself how thoughts are marked; it has to mention reasoning_content.
_TEMPLATE: Final = """\
{%- for m in messages -%}
{%- if m.role == 'assistant' -%}
{{- '<|im_start|>assistant\\n' -}}
{%- if m.reasoning_content -%}{{- '<think>\\n' + m.reasoning_content + '\\n</think>\\n\\n' -}}{%- endif -%}
{{- m.content + '<|im_end|>\\n' -}}
{%- else -%}
{{- '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' -}}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{- '<|im_start|>assistant\\n' -}}
{%- if enable_thinking is defined and enable_thinking is false -%}{{- '<think>\\n\\n</think>\\n\\n' -}}
{%- else -%}{{- '<think>\\n' -}}{%- endif -%}
{%- endif -%}
"""

_CHILD: Final = """
import json, os, sys
import xllamacpp
told = json.loads(sys.argv[1])
params = xllamacpp.CommonParams()
params.model.path, params.chat_template = told["path"], told["template"]
params.sampling.reasoning_budget_tokens = told["budget"]
params.api_keys = [told["key"]]
params.n_parallel, params.n_ctx, params.n_threads_http, params.port = 4, 4096, 8, 0
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = max(1, (os.cpu_count() or 2) // 2)
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
while os.read(0, 4096):
    pass
os._exit(0)
"""


@contextmanager
def thinking_model() -> Iterator[tuple[str, str]]:
    """Its base URL and its key; it ends with the context."""
    told = {"path": str(SMOLLM2.path(model_folder())), "template": _TEMPLATE, "budget": _BUDGET, "key": KEY}
    command = [sys.executable, "-P", "-c", _CHILD, json.dumps(told)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as child:
        assert child.stdin and child.stdout
        url = child.stdout.readline().strip()
        assert url, "the model's server did not start"
        try:
            yield f"{url}/v1", KEY
        finally:
            child.stdin.close()
