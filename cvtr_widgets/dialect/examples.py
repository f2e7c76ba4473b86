"""One example of each kind of entry, for the reference of the dialect file. A test reads each of them as a dialect file."""

from __future__ import annotations

from collections.abc import Mapping

from cvtr_widgets.dialect import kinds

EXAMPLES: Mapping[type[kinds.DialectEntry], str] = {
    kinds.AnswerEntry: """
        [calls.flag]                # {"result": {"160185": "ok", "160186": {"status": "error", "message": "locked"}}}
        answer = { shape = "map", leads = "result", status = "status", message = "message" }

        [calls.deliver]             # {"done": [160185], "refused": [{"lead": 160186}]}
        answer = { shape = "lists", accepted = "done", rejected = "refused", id = "lead" }
        """,
    kinds.FixedEntry: """
        [calls.flag]                # sent with every call: {"source": "ui", "options": {"notify": false}}
        fixed.value = { source = "ui", "options.notify" = false }
        """,
    kinds.FormatEntry: """
        [calls.flag]                # as a form: leads=160185,160186&flag=valid
        format = "form"
        body.leads = { key = "leads", as = "digits", list = "comma" }
        body.integrations = { key = "integrations[]", as = "digits", list = "repeat" }
        """,
    kinds.KeyEntry: """
        [filters]
        publisher = "lead.publisher"    # /leads?lead.publisher=535
        status = ""                     # this service cannot filter leads by status
        """,
    kinds.LoginEntry: """
        [auth]
        login = { path = "/api/v4/session", format = "json", username = "user", password = "secret" }
        """,
    kinds.MapEntry: """
        [words]                     # in a lead's record: the service's word on the left, ours on the right
        statuses = { OK = "Valid", KO = "Invalid", "2" = "Caution", TEST = "Test" }
        deliveries = { true = "Delivered", false = "Not Delivered" }
        replacements = { true = "Replacement", false = "None" }

        [processr]                  # a status of processing on the left, its name on the right
        names = { 1000 = "Complete", 450 = "Waiting for phone check" }
        """,
    kinds.MethodEntry: """
        [calls.delete]
        method = "DELETE"
        """,
    kinds.MfaEntry: """
        [auth]                      # {"login": {"next": "second_factor"}}
        mfa = { value = "second_factor", place = "login.next" }
        """,
    kinds.NumberEntry: """
        [paging]
        largest = 50                # no more than 50 rows a page

        [calls.reprocess]
        chunk = 10                  # no more than 10 leads a call
        """,
    kinds.PathEntry: """
        [resources]
        leads = "crm/leads"         # /api/v4/crm/leads

        [calls.flag]
        path = "leads/{lead}/flag/{flag}"
        many = false
        body.leads = ""             # the lead is in the path
        body.flag = ""              # and so is the flag
        """,
    kinds.PlacesEntry: """
        [fields]
        reason = ["flag.reason.name", "secondCheckFlagReason"]   # the first of the two that is neither null nor empty
        email = ["contacts[?type=='email'].value | [0]"]         # any JMESPath expression
        qa_status = []                                           # this service does not send it
        """,
    kinds.QueueEntry: """
        [calls.reprocess]           # {"job": {"uuid": "7f3a"}}, then GET /api/v4/jobs/7f3a until {"state": "finished"}
        queue = { path = "jobs/{job}", job = "job.uuid", state = "state", done = ["finished"], failed = ["aborted"], wait = 120 }
        """,
    kinds.RenewEntry: """
        [auth]
        renew = { path = "" }       # a token cannot be renewed: log in again
        """,
    kinds.SlotEntry: """
        [calls.flag]                # {"items": [{"lead": "/api/v4/leads/160185"}], "why": {"id": 24, "text": "..."}}
        body.leads = { key = "items", as = "iri", item = "lead" }
        body.listed_reason = { key = "why.id", as = "id" }
        body.own_reason = { key = "why.text" }
        body.integrations = ""      # this call takes no integrations

        [calls.deliver]             # "confirmed": "yes" beside the signature
        body.confirmation = { key = "confirmed", value = "yes" }
        """,
    kinds.StatusesEntry: """
        [calls.flag]                # any other answer is no "yes"
        yes = [200, 201, 204]
        """,
    kinds.TextEntry: """
        [paging]
        size = "limit"              # /leads?limit=100

        [lists]                     # /lead-flag-reasons?flag=invalid
        reason_filter = "flag"
        """,
    kinds.TokenEntry: """
        [auth]                      # {"data": {"jwt": "...", "ttl": 3600, "me": {"id": 7}}}
        token = { token = "data.jwt", life = "data.ttl", user_id = "data.me.id" }
        """,
    kinds.ValuesEntry: """
        [words]                     # what an answer says of one lead
        yes = ["ok", "success", "queued", "accepted", true]
        no = ["error", "failed", "refused", "locked", false]

        [processr]
        at_rest = [1000, 300, 450]  # processing has ended at these
        """,
    kinds.WordEntry: """
        [calls.flag]                # our word on the left, what is sent on the right
        words = { valid = 1, invalid = 2, test = "TEST" }
        """,
    kinds.YesNoEntry: """
        [calls.delete]
        many = false                # one lead a call
        """,
}
"""Kind -> TOML as a user's own file may hold it."""
