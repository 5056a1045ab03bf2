"""How often providers are asked, what comes of it and how long they take: one pair of metrics for every rail."""

from __future__ import annotations

from store.kit.metrics import counter, histogram

PROVIDER_CALLS = counter("provider_calls", "Calls to a provider by what came of them", "provider", "call", "outcome")
PROVIDER_SECONDS = histogram("provider_call_seconds", "How long a provider took to answer", "provider", "call")
