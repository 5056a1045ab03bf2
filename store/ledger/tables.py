"""The ledger: double entry, per currency, append-only.

The database itself refuses an unbalanced or unsealed transaction, a change of what was written, and a second
transaction for the same movement (I8, I9, I10: guards/20_ledger.sql).
"""

from piccolo.columns import BigInt, BigSerial, Boolean, ForeignKey, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Check, Unique
from piccolo.table import Table


class LedgerTx(Table, tablename="ledger_tx"):
    """One movement of money, named by who reported it: `source` (stripe), `kind` (capture), `ref` (ch_…)."""

    id = BigSerial(primary_key=True)
    source = Text()
    kind = Text()
    ref = Text()  # type: ignore[assignment]  # Piccolo has a method of that name, unused here
    order_ref = Text(null=True, default=None, index=True)
    at = Timestamptz(default=TimestamptzNow())
    sealed = Boolean(default=False)

    ledger_tx_once = Unique(["source", "kind", "ref"])
    ledger_tx_named = Check("source <> '' AND kind <> '' AND ref <> ''")


class LedgerEntry(Table, tablename="ledger_entry"):
    """One leg: `amount` minor units of `currency`, debit positive, credit negative."""

    id = BigSerial(primary_key=True)
    tx = ForeignKey(LedgerTx, null=False)
    account = Text(index=True)
    currency = Text()
    amount = BigInt()

    ledger_entry_moves = Check("amount <> 0 AND account <> '' AND currency ~ '^[A-Z]{3}$'")
