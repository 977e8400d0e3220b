"""The order of elements: the published schema is a sequence, and the program refuses files that break it."""

import xml.etree.ElementTree as ET
from datetime import date

import pandas as pd
from hypothesis import given, settings

from parcelplan.io.mspdi import mspdi_text
from tests.io.mspdi.programmes import programmes

# Written down from the schema by hand, independently of the writer's own table.
ORDER = {
    "Project": """SaveVersion UID Name Title Subject Category Company Manager Author CreationDate Revision LastSaved
        ScheduleFromStart StartDate FinishDate FYStartDate CriticalSlackLimit CurrencyDigits
        CurrencySymbol CurrencyCode CurrencySymbolPosition CalendarUID DefaultStartTime
        DefaultFinishTime MinutesPerDay MinutesPerWeek DaysPerMonth DefaultTaskType
        DefaultFixedCostAccrual DefaultStandardRate DefaultOvertimeRate DurationFormat WorkFormat
        EditableActualCosts HonorConstraints EarnedValueMethod InsertedProjectsLikeSummary
        MultipleCriticalPaths NewTasksEffortDriven NewTasksEstimated SplitsInProgressTasks
        SpreadActualCost SpreadPercentComplete TaskUpdatesResource FiscalYearStart WeekStartDay
        MoveCompletedEndsBack MoveRemainingStartsBack MoveRemainingStartsForward
        MoveCompletedEndsForward BaselineForEarnedValue AutoAddNewResourcesAndTasks StatusDate
        CurrentDate MicrosoftProjectServerURL Autolink NewTaskStartDate DefaultTaskEVMethod
        ProjectExternallyEdited ExtendedCreationDate ActualsInSync RemoveFileProperties AdminProject
        OutlineCodes WBSMasks ExtendedAttributes Calendars Tasks Resources Assignments""",
    "ExtendedAttributes": "ExtendedAttribute",
    "ExtendedAttributes/ExtendedAttribute": """FieldID FieldName CFType Guid ElemType MaxMultiValues
        UserDef Alias SecondaryPID AutoRollDown DefaultGuid Ltuid PhoneticAlias
        RollupType CalculationType Formula RestrictValues
        ValuelistSortOrder AppendNewValues Default ValueList""",
    "Calendars": "Calendar",
    "Calendar": "UID Name IsBaseCalendar BaseCalendarUID WeekDays Exceptions WorkWeeks",
    "WeekDays": "WeekDay",
    "WeekDay": "DayType DayWorking TimePeriod WorkingTimes",
    "Exceptions": "Exception",
    "Exception": """EnteredByOccurrences TimePeriod Occurrences Name Type Period DaysOfWeek MonthItem MonthPosition
        Month MonthDay DayWorking WorkingTimes""",
    "TimePeriod": "FromDate ToDate",
    "WorkingTimes": "WorkingTime",
    "WorkingTime": "FromTime ToTime",
    "Tasks": "Task",
    "Task": """UID ID Name Type IsNull CreateDate Contact WBS WBSLevel OutlineNumber OutlineLevel Priority Start
        Finish Duration DurationFormat Work Stop Resume ResumeValid EffortDriven Recurring
        OverAllocated Estimated Milestone Summary Critical IsSubproject IsSubprojectReadOnly
        SubprojectName ExternalTask ExternalTaskProject EarlyStart EarlyFinish LateStart LateFinish
        StartVariance FinishVariance WorkVariance FreeSlack TotalSlack FixedCost FixedCostAccrual
        PercentComplete PercentWorkComplete Cost OvertimeCost OvertimeWork ActualStart ActualFinish
        ActualDuration ActualCost ActualOvertimeCost ActualWork ActualOvertimeWork RegularWork
        RemainingDuration RemainingCost RemainingWork RemainingOvertimeCost RemainingOvertimeWork
        ACWP CV ConstraintType CalendarUID ConstraintDate Deadline LevelAssignments LevelingCanSplit
        LevelingDelay LevelingDelayFormat PreLeveledStart PreLeveledFinish Hyperlink
        HyperlinkAddress HyperlinkSubAddress IgnoreResourceCalendar Notes HideBar Rollup BCWS BCWP
        PhysicalPercentComplete EarnedValueMethod PredecessorLink ActualWorkProtected
        ActualOvertimeWorkProtected ExtendedAttribute Baseline OutlineCode""",
    "PredecessorLink": "PredecessorUID Type CrossProject CrossProjectName LinkLag LagFormat",
    "Task/ExtendedAttribute": "FieldID Value ValueGUID DurationFormat",
    "Resources": "Resource",
    "Resource": """UID ID Name Type IsNull Initials Phonetics NTAccount MaterialLabel Code Group WorkGroup EmailAddress
        Hyperlink HyperlinkAddress HyperlinkSubAddress MaxUnits PeakUnits OverAllocated
        AvailableFrom AvailableTo Start Finish CanLevel AccrueAt IsCostResource AssnOwner
        AssnOwnerGuid IsBudget AvailabilityPeriods Rates""",
    "AvailabilityPeriods": "AvailabilityPeriod",
    "AvailabilityPeriod": "AvailableFrom AvailableTo AvailableUnits",
    "Assignments": "Assignment",
    "Assignment": """UID TaskUID ResourceUID PercentWorkComplete ActualCost ActualFinish ActualStart Cost Delay Finish
        LevelingDelay Milestone Notes Start Stop Resume StartVariance Units""",
}
MANY = {"ExtendedAttribute", "Calendar", "WeekDay", "Exception", "WorkingTime", "Task", "PredecessorLink"} | {
    "Resource",
    "AvailabilityPeriod",
    "Assignment",
}
NEEDED = {
    "Project": {"SaveVersion", "CurrencyCode"},
    "Calendar": {"UID"},
    "WeekDay": {"DayType"},
    "Task": {"UID"},
    "Resource": {"UID"},
    "Assignment": {"UID"},
}


def local(node):
    assert node.tag.startswith("{http://schemas.microsoft.com/project}")
    return node.tag.partition("}")[2]


def check(node, parent=""):
    """Every child is known, in its place, and stands once unless it may repeat; no text is empty."""
    name = local(node)
    known = ORDER.get(f"{parent}/{name}") or ORDER.get(name)
    if known is None:
        assert len(node) == 0, name
        assert (node.text or "").strip(), name
        return
    names = [local(child) for child in node]
    places = [known.split().index(child) for child in names]
    assert places == sorted(places), (name, names)
    assert {child for child in names if names.count(child) > 1} <= MANY
    assert set(names) >= NEEDED.get(name, set())
    for child in node:
        check(child, name)


@settings(max_examples=15)
@given(programme=programmes())
def test_elements_stand_in_the_order_of_the_schema(programme):
    plan = pd.DataFrame({"start_on": [pd.NaT], "ends_on": [pd.NaT]}, index=["W01"])
    root = ET.fromstring(mspdi_text(programme, planned=plan, title="t", as_of=date(2024, 1, 1)).encode())
    check(root)
    uids = {local(task): task for task in root}
    tasks = [int(node.text) for node in uids["Tasks"].iterfind("./*/{*}UID")]
    assert len(set(tasks)) == len(tasks)
    for link in root.iterfind(".//{*}PredecessorUID"):
        assert int(link.text) in tasks
    calendars = {int(node.text) for node in uids["Calendars"].iterfind("./*/{*}UID")}
    assert {int(node.text) for node in uids["Tasks"].iterfind("./*/{*}CalendarUID")} <= calendars | {-1}
    for node in root.iterfind(".//{*}Value"):
        assert len(node.text) <= 255
