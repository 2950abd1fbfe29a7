"""Hooks of the fuzzer: who calls, and ids of things that exist in place of most of the ids that it makes up.

Source of the choices: what is generated. The same input is always replaced by the same id, so that a seed repeats a
run. Values of a wrong type are left alone; refusing them is what is tested.
"""

import hashlib
import json
import os
from datetime import datetime, timedelta, timezone
from urllib.parse import quote

import requests
import schemathesis

with open(os.environ["FUZZ_SET"], encoding="utf-8") as told:
    SET = json.load(told)
ROLE = os.environ["FUZZ_ROLE"]

USERS = {"practitioner": "PRACTITIONER_1", "provider": "PROVIDER_1"}
# The machine whose role opens an address; any other address is read by the one that may read every referral.
MACHINES = {
    "/subject-access-request": "sar",
    "/probation-case/": "case-list",
    "/appointments-location/": "case-list",
    "/sas-referral-details/": "accommodation",
}
# One in so many generated values is kept, so that the unknown is asked for too.
KEPT = 6

ASSIGNEE = {"username": "PROVIDER_1", "authSource": "auth", "userId": "5b0e1c00-7a11-4c0d-8f00-000000000001"}


def caller(path):
    """What the sandbox is asked for a token with."""
    if ROLE in USERS:
        return {"username": USERS[ROLE]}
    client = next((client for prefix, client in MACHINES.items() if path.startswith(prefix)), "delius-integration")
    return {"clientId": client}


@schemathesis.auth(refresh_interval=300, cache_by_key=lambda case, context: str(caller(case.operation.path)))
class Token:
    """A bearer token of the role that this run calls as."""

    def get(self, case, context):
        answer = requests.post(SET["sandbox"] + "/control/token", json=caller(case.operation.path), timeout=30)
        answer.raise_for_status()
        return answer.json()["access_token"]

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


def number(value):
    """A number that depends on the value alone."""
    text = json.dumps(value, sort_keys=True, default=str)
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big")


def referral_for(path, seed):
    """One of the prepared referrals; of those that have what the path is about, as long as there are any."""
    wanted = name_of_id(path)
    fit = [referral for referral in SET["referrals"] if wanted in referral and needed(path) in referral]
    return fit[seed % len(fit)] if fit else SET["referrals"][seed % len(SET["referrals"])]


def needed(path):
    """What a path names besides its first id."""
    if "{appointmentId}" in path:
        return "assessmentAppointmentId" if "/supplier-assessment/" in path else "sessionAppointmentId"
    return "activityId" if "{activityId}" in path else "crn"


def name_of_id(path):
    """The kind of thing that `{id}` of a path means."""
    first = path.split("/")[1]
    if first in ("draft-action-plan", "action-plan"):
        return "actionPlanId"
    if first in ("draft-end-of-service-report", "end-of-service-report"):
        return "reportId"
    if "{changeLogId}" in path:
        return "changeLogId"
    return {
        "draft-referral": "draftId",
        "intervention": "interventionId",
        "service-category": "serviceCategoryId",
        "supplier-assessment": "assessmentId",
        "case-note": "noteId",
    }.get(first, "referralId" if "{crn}" not in path else "crn")


def path_value(path, name, referral):
    """What stands for one parameter of a path, if anything does."""
    if name == "id":
        return referral.get(name_of_id(path))
    if name == "appointmentId":
        return referral.get(needed(path))
    return {
        "sessionNumber": 1,
        "needsAndRequirementsType": "accessibility-needs",
        "component": "db",
    }.get(name, referral.get(name))


def known(key, value, referral):
    """What stands for one member of a body or one query parameter, if anything does."""
    if isinstance(value, str):
        if key == "appointmentTime":
            start = datetime.now(timezone.utc) + timedelta(minutes=number(value) % 200_000)
            return start.isoformat(timespec="seconds").replace("+00:00", "Z")
        if key in ("code", "reasonCode"):
            return "MIS"
        if key in ("serviceUserCrn", "crn"):
            return referral["crn"]
        return referral.get(key)
    if isinstance(value, list):
        if key == "desiredOutcomesIds":
            return [referral["desiredOutcomeId"]]
        if key == "serviceCategoryIds":
            return [referral["serviceCategoryId"]]
    if key == "assignedTo" and isinstance(value, dict):
        return ASSIGNEE
    return None


def replaced(value, referral):
    """A body with known ids in it."""
    if isinstance(value, dict):
        return {key: member(key, inner, referral) for key, inner in value.items()}
    if isinstance(value, list):
        return [replaced(inner, referral) for inner in value]
    return value


def member(key, value, referral):
    if number([key, value]) % KEPT:
        found = known(key, value, referral)
        if found is not None:
            return found
    return replaced(value, referral)


@schemathesis.hook
def map_case(context, case):
    path = case.operation.path
    seed = number([case.path_parameters, case.query, case.body if isinstance(case.body, (dict, list)) else None])
    referral = referral_for(path, seed // KEPT)
    if seed % KEPT:
        for name in list(case.path_parameters or {}):
            value = path_value(path, name, referral)
            if value is not None:
                case.path_parameters[name] = quote(str(value), safe="")
        # A key that was used before, as short ones soon are, keeps everything behind it from being reached.
        if case.headers:
            case.headers.pop("Idempotency-Key", None)
    if isinstance(case.query, dict):
        case.query = {key: member(key, value, referral) for key, value in case.query.items()}
    if isinstance(case.body, (dict, list)):
        case.body = replaced(case.body, referral)
    return case
