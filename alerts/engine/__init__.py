"""The fan-out engine: from a dispatch to a recorded outcome for every single recipient.

Slices become batches, batches are claimed, sent and recorded, and whatever got lost on the way is found again. Nothing
here knows how a bulletin came about; `docs/architecture.md` follows one through these modules.
"""
