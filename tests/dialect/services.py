"""Five services that speak differently, as the sandbox speaks them. Each has a ``.toml`` beside this file for the client."""

from __future__ import annotations

from cvtr_widgets.sandbox.profiles.profile import CallProfile, ServiceProfile

FLAGS = {"OK": "valid", "KO": "invalid", "TRIAL": "test"}

# One lead a call, its id in the path, the flag's word too; other methods; words of its own for statuses and deliveries.
SINGLE_ANSWER = {"id": "lead", "status": "result", "message": "why"}
SINGLE_SAID = {"ok": "done", "queued": "later", "error": "failed"}
single = ServiceProfile(
    name="single",
    base="/rest/v2",
    members="items",
    total="meta.count",
    query={"page": "p", "itemsPerPage": "limit", "campaign.id": "campaign", "createdTs[after]": "from", "createdTs[before]": "until", "id[]": "ids[]", "leadFlag.name": "flag"},
    lead={"id": "leadId", "@id": "", "currentStatus": "state", "secondCheckFlagReason": "check.reason", "secondCheckFlagReasonCategory": "check.category", "secondCheckFlagComment": "check.note", "deliveryStatus": "sent", "otherReasonType": "tag"},
    lead_words={"currentStatus": {"Valid": "OK", "Invalid": "KO", "Test": "TRIAL", "Caution": "REVIEW"}, "deliveryStatus": {"Delivered": True, "Not Delivered": False}},
    calls=(
        CallProfile("is-lead-delivered", "leads/{lead}/sent", "GET", ids="", answer="one", names={"id": "lead", "delivered": "sent"}, said={True: "yes", False: "no"}),
        CallProfile("leads-bulk-flag", "leads/{lead}/check/{flag}", "PUT", ids="", keys={"flag": "{flag}", "flagReason": "reason.id", "customReason": "reason.text", "flagReasonCategory": "reason.category", "comment": "note", "integrations": "jobs"}, words={"flag": {"ok": "valid", "ko": "invalid", "trial": "test"}}, answer="one", names=SINGLE_ANSWER, said=SINGLE_SAID),
        CallProfile("leads-bulk-deliver", "leads/{lead}/deliver", ids="", keys={"signature": "signedBy"}, demands={"agreed": "yes"}, answer="one", names=SINGLE_ANSWER, said=SINGLE_SAID),
        CallProfile("leads-bulk-undeliver", "leads/{lead}/undeliver", ids="", keys={"signature": "signedBy"}, demands={"agreed": "yes"}, answer="one", names=SINGLE_ANSWER, said=SINGLE_SAID),
        CallProfile("leads-bulk-metadata", "leads/{lead}/tag", "PATCH", ids="", keys={"type": "tag", "comment": "note"}, words={"type": {"replacement": "Replacement", "nothing": "None"}}, answer="one", names=SINGLE_ANSWER, said=SINGLE_SAID),
        CallProfile("leads-bulk-reprocess", "leads/{lead}/process", ids="", demands={"sure": True}, answer="one", names=SINGLE_ANSWER, said=SINGLE_SAID),
        CallProfile("leads-bulk-delete", "leads/{lead}", "DELETE", ids="", answer="one", names=SINGLE_ANSWER, said=SINGLE_SAID),
    ),
)  # fmt: skip

# Form bodies, a repeated key, flags as numbers, accepted and rejected as two lists, no more than 25 leads a call.
FORM_NAMES = {"accepted": "done", "rejected": "problems", "id": "lead", "message": "why"}
forms = ServiceProfile(
    name="forms",
    total="total",
    members="rows",
    query={"page": "page", "itemsPerPage": "per_page", "id[]": "", "currentStatus": "", "deliveryStatus": "", "publisher.id": ""},
    enriched="",
    lead={"currentStatus": "current_status", "secondCheckFlagReason": "flag_reason", "secondCheckFlagReasonCategory": "flag_category", "secondCheckFlagComment": "flag_comment", "deliveryStatus": "delivery_status", "otherReasonType": "other_type", "otherReasonComment": "other_comment"},
    calls=(
        CallProfile("is-lead-delivered", "delivery-check", form=True, ids="lead_ids[]", answer="lists", names={"accepted": "delivered", "rejected": "not_delivered"}),
        CallProfile("leads-bulk-flag", "bulk/flag", form=True, most=25, ids="lead_ids[]", keys={"flag": "flag.type", "flagReason": "flag.reason", "customReason": "flag.other", "flagReasonCategory": "flag.category", "comment": "flag.comment", "integrations": "jobs[]"}, words={"flag": {"1": "valid", "2": "invalid", "3": "test"}}, answer="lists", names=FORM_NAMES),
        CallProfile("leads-bulk-deliver", "bulk/deliver", form=True, most=25, ids="lead_ids[]", keys={"signature": "printed_name"}, demands={"confirm": "1", "deliver": "on"}, answer="lists", names=FORM_NAMES),
        CallProfile("leads-bulk-undeliver", "bulk/undeliver", form=True, most=25, ids="lead_ids[]", keys={"signature": "printed_name"}, demands={"confirm": "1"}, answer="lists", names=FORM_NAMES),
        CallProfile("leads-bulk-metadata", "bulk/other", form=True, most=25, ids="lead_ids[]", keys={"type": "kind", "comment": "comment"}, words={"type": {"R": "Replacement", "N": "None"}}, answer="lists", names=FORM_NAMES),
        CallProfile("leads-bulk-reprocess", "bulk/reprocess", form=True, most=25, ids="lead_ids[]", demands={"confirm": "1"}, answer="lists", names=FORM_NAMES),
        CallProfile("leads-bulk-delete", "bulk/delete", form=True, most=25, ids="lead_ids[]", demands={"confirm": "1"}, answer="lists", names=FORM_NAMES),
    ),
)  # fmt: skip

# Everything by IRI, nested keys, and an answer that is an object keyed by id.
MAP = {"leads": "results"}
MAP_SAID = {"ok": "DONE", "queued": "DONE", "error": "FAILED"}
iris = ServiceProfile(
    name="iris",
    lead={"currentStatus": "status.current", "secondCheckStatus": "status.manual", "secondCheckFlagReason": "flag.reason.name", "secondCheckFlagReasonCategory": "flag.category.name", "secondCheckFlagComment": "flag.comment", "deliveryStatus": "delivery.state", "otherReasonType": "metadata.otherReason"},
    calls=(
        CallProfile("is-lead-delivered", "is-lead-delivered", ids="leads", id_as="iri", answer="map", names=MAP, said={True: "delivered", False: "pending"}),
        CallProfile("leads-bulk-flag", "leads-bulk-flag", ids="selection.leads", id_as="iri", reason_as="iri", keys={"flag": "flag.name", "flagReason": "flag.reason", "customReason": "flag.freeText", "flagReasonCategory": "flag.category", "comment": "flag.comment", "integrations": "flag.jobs"}, words={"flag": {"valid": "valid", "invalid": "invalid", "test": "test"}}, demands={"source": "flag-manage"}, answer="map", names=MAP, said=MAP_SAID),
        CallProfile("leads-bulk-deliver", "leads-bulk-deliver", ids="selection.leads", id_as="iri", keys={"signature": "signature.name"}, demands={"signature.accepted": True}, answer="map", names=MAP, said=MAP_SAID),
        CallProfile("leads-bulk-undeliver", "leads-bulk-undeliver", ids="selection.leads", id_as="iri", keys={"signature": "signature.name"}, demands={"signature.accepted": True}, answer="map", names=MAP, said=MAP_SAID),
        CallProfile("leads-bulk-metadata", "leads-bulk-metadata", ids="selection.leads", id_as="iri", keys={"type": "metadata.otherReason", "comment": "metadata.comment"}, answer="map", names=MAP, said=MAP_SAID),
        CallProfile("leads-bulk-reprocess", "leads-bulk-reprocess", ids="selection.leads", id_as="iri", demands={"confirmed": True}, answer="map", names=MAP, said=MAP_SAID),
        CallProfile("leads-bulk-delete", "leads-bulk-delete", ids="selection.leads", id_as="iri", demands={"confirmed": True}, answer="map", names=MAP, said=MAP_SAID),
    ),
)  # fmt: skip

# Everything is queued as a job; ids as text, each in an object of its own.
JOB_NAMES = {"leads": "outcome", "id": "lead", "status": "word", "message": "note"}
JOB_SAID = {"ok": "applied", "queued": "applied", "error": "rejected"}
queued = ServiceProfile(
    name="queued",
    query={"id[]": "ids[]"},
    lead={"currentStatus": "qualityStatus", "secondCheckFlagReason": "manualReason", "secondCheckFlagReasonCategory": "manualCategory", "secondCheckFlagComment": "manualComment", "deliveryStatus": "", "otherReasonType": "replacement"},
    lead_words={"otherReasonType": {"Replacement": True, None: False}},
    job={"job": "task.id", "state": "task.state", "result": "task.result", "done": "finished"},
    jobs="tasks",
    calls=(
        CallProfile("is-lead-delivered", "lead-delivery-checks", ids="leads", id_as="text", answer="rows", names={"leads": "@", "id": "lead", "delivered": "state"} | {"leads": "checks"}, said={True: 1, False: 0}),
        CallProfile("leads-bulk-flag", "flag-tasks", ids="targets", id_as="text", wrapped="lead", reason_as="digits", keys={"flag": "to", "flagReason": "reasonId", "customReason": "reasonText", "flagReasonCategory": "categoryId", "comment": "remark", "integrations": "sendTo"}, words={"flag": {"VALID": "valid", "INVALID": "invalid", "TEST": "test"}}, answer="rows", names=JOB_NAMES, said=JOB_SAID, queued=True),
        CallProfile("leads-bulk-deliver", "delivery-tasks", ids="targets", id_as="text", wrapped="lead", keys={"signature": "signature"}, demands={"to": "DELIVERED"}, answer="rows", names=JOB_NAMES, said=JOB_SAID, queued=True),
        CallProfile("leads-bulk-undeliver", "undelivery-tasks", ids="targets", id_as="text", wrapped="lead", keys={"signature": "signature"}, demands={"to": "NOT_DELIVERED"}, answer="rows", names=JOB_NAMES, said=JOB_SAID, queued=True),
        CallProfile("leads-bulk-metadata", "replacement-tasks", ids="targets", id_as="text", wrapped="lead", keys={"type": "replacement", "comment": "remark"}, words={"type": {True: "Replacement", False: "None"}}, answer="rows", names=JOB_NAMES, said=JOB_SAID, queued=True),
        CallProfile("leads-bulk-reprocess", "process-tasks", ids="targets", id_as="text", wrapped="lead", answer="rows", names=JOB_NAMES, said=JOB_SAID, queued=True),
        CallProfile("leads-bulk-delete", "deletion-tasks", ids="targets", id_as="text", wrapped="lead", demands={"really": True}, answer="rows", names=JOB_NAMES, said=JOB_SAID, queued=True),
    ),
)  # fmt: skip

# Reasons as text, listed or not, under one key; ids in one text with commas; answers that name no leads; another login.
texts = ServiceProfile(
    name="texts",
    base="/api/v5",
    login="/api/v5/session",
    token="session.bearer",
    query={"id[]": "id[]"},
    lead={"currentStatus": "current", "secondCheckFlagReason": "why", "secondCheckFlagReasonCategory": "whyExactly", "secondCheckFlagComment": "remark", "deliveryStatus": "billing.delivery", "otherReasonType": "marker"},
    lead_words={"currentStatus": {"Valid": "valid", "Invalid": "invalid", "Test": "test", "Caution": "caution"}, "deliveryStatus": {"Delivered": "DELIVERED", "Not Delivered": "OPEN"}},
    calls=(
        CallProfile("is-lead-delivered", "delivered", id_as="comma", ids="ids", answer="map", names={"leads": "answer"}),
        CallProfile("leads-bulk-flag", "flags", id_as="comma", ids="ids", reason_as="name", keys={"flag": "status", "flagReason": "reason", "flagReasonCategory": "category", "comment": "comment", "integrations": "integrations"}, words={"flag": {"valid": "valid", "invalid": "invalid", "test": "test"}}, answer="none", status=204),
        CallProfile("leads-bulk-deliver", "deliveries", id_as="comma", ids="ids", keys={"signature": "by"}, demands={"delivered": True}, answer="none", status=204),
        CallProfile("leads-bulk-undeliver", "deliveries/undo", id_as="comma", ids="ids", keys={"signature": "by"}, demands={"delivered": False}, answer="none", status=204),
        CallProfile("leads-bulk-metadata", "markers", id_as="comma", ids="ids", keys={"type": "marker", "comment": "comment"}, answer="none", status=204),
        CallProfile("leads-bulk-reprocess", "reprocessing", id_as="comma", ids="ids", demands={"confirm": True}, answer="none", status=204),
        CallProfile("leads-bulk-delete", "deletions", id_as="comma", ids="ids", demands={"confirm": True}, answer="none", status=204),
    ),
)  # fmt: skip

SERVICES = {speech.name: speech for speech in (single, forms, iris, queued, texts)}
