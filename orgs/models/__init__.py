from orgs.models.capacity import CapacityPool, PoolDay, PoolHour, Reservation
from orgs.models.feed import Change, ChangeHead
from orgs.models.notices import Notice
from orgs.models.organizations import Contact, Organization
from orgs.models.plans import Plan, PlanVersion
from orgs.models.staff import RoleAssignment, Staff

__all__ = [
    "CapacityPool",
    "Change",
    "ChangeHead",
    "Contact",
    "Notice",
    "Organization",
    "Plan",
    "PlanVersion",
    "PoolDay",
    "PoolHour",
    "Reservation",
    "RoleAssignment",
    "Staff",
]
