"""pyperf's own files, one per arm: ``python -m pyperf compare_to`` reads them as if pyperf had run the race."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, Final

import pyperf

# Of what pyperf notes of every process, what it needs itself and what helps to judge the numbers. The rest may
# tell strangers whose machine this was: host name, paths, command, uptime, and whatever a later version adds.
_PUBLIC: Final = frozenset({
    "name", "unit", "loops", "inner_loops", "date", "duration", "perf_version", "timer", "aslr", "cpu_count",
    "cpu_model_name", "cpu_config", "cpu_freq", "cpu_affinity", "mem_max_rss", "platform", "python_hash_seed",
    "python_implementation", "python_version", "python_unicode",
})  # fmt: skip


def merged(path: Path, worker_json: str) -> str:
    """An arm's file with a worker's run added to it, to be written when the run's block is finished.

    Raises:
        ValueError: the worker's text is no pyperf benchmark.
    """
    try:
        new = pyperf.BenchmarkSuite.loads(json.dumps(_public(json.loads(worker_json))))
    except (LookupError, TypeError, AttributeError, RecursionError) as error:
        # pyperf believes what it reads; a strategy that wrote into the worker's pipe ends here.
        raise ValueError(f"not a benchmark ({type(error).__name__})") from error
    if path.exists():
        suite = pyperf.BenchmarkSuite.load(str(path))
        for bench in new.get_benchmarks():
            if bench.get_name() in suite.get_benchmark_names():
                suite.get_benchmark(bench.get_name()).add_runs(bench)
            else:
                suite.add_benchmark(bench)
    else:
        suite = new
    buffer = io.StringIO()
    suite.dump(buffer)
    return buffer.getvalue()


def _public(node: Any) -> Any:
    if isinstance(node, dict):
        kept = {key: _public(value) for key, value in node.items()}
        if isinstance(metadata := kept.get("metadata"), dict):
            kept["metadata"] = {key: value for key, value in metadata.items() if key in _PUBLIC}
        return kept
    return [_public(value) for value in node] if isinstance(node, list) else node
