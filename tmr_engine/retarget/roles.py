"""The names of the body roles, and the map from roles to bones that mapping makes and solving reads."""

from __future__ import annotations

from dataclasses import dataclass, field

from .solution import Switch

SIDES = ("left", "right")
LIMB_ROLES = ("clavicle", "upper_arm", "lower_arm", "hand", "upper_leg", "lower_leg", "foot", "toe")
ARM = ("upper_arm", "lower_arm", "hand")
LEG = ("upper_leg", "lower_leg", "foot")
FINGERS = ("thumb", "index", "middle", "ring", "little")

# roles that hold one bone, and roles that hold a list from the body outward
SINGLE_ROLES = (
    "root",
    "mover",
    "hips",
    "pelvis",
    "chest",
    "head",
    *(f"{side}_{role}" for side in SIDES for role in LIMB_ROLES),
)
LIST_ROLES = ("spine", "neck", *(f"{side}_{finger}" for side in SIDES for finger in FINGERS))

# what is reported as unmapped when a body has no bone for it
USUAL_ROLES = (
    "hips",
    "spine",
    "chest",
    "neck",
    "head",
    *(f"{side}_{role}" for side in SIDES for role in LIMB_ROLES),
)

RoleBones = str | tuple[str, ...]


@dataclass(frozen=True)
class Mapping:
    """Which bone plays which role.

    Args:
        roles: role -> bone, or -> bones from the body outward for the list roles. `root` is a bone below
            which everything hangs and which is left alone; `mover` takes the translation where the hips
            cannot; `pelvis` is a second bone that turns with the hips and carries the legs.
        family: name of the data file whose names fitted, or "structure".
        confidence: 0 to 1; how sure the map is.
        unmapped: usual roles without a bone.
        warnings: one plain sentence each.
        switches: values to be keyed so that the bones in `roles` are the ones that show.
        twist: role of an upper or lower limb -> its twist bones, each with where it begins along the limb
            (0 at the role's joint, 1 at the next role's); none of them is in `roles`.
    """

    roles: dict[str, RoleBones]
    family: str
    confidence: float
    unmapped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    switches: tuple[Switch, ...] = field(default=())
    twist: dict[str, tuple[tuple[str, float], ...]] = field(default_factory=dict)

    def bone(self, role: str) -> str | None:
        """The bone of a single role, or None."""
        found = self.roles.get(role)
        return found if isinstance(found, str) else None

    def chain(self, role: str) -> tuple[str, ...]:
        """The bones of a list role, empty where there are none."""
        found = self.roles.get(role, ())
        return (found,) if isinstance(found, str) else found

    def bones(self) -> tuple[str, ...]:
        """Every mapped bone but the root, each once."""
        listed = [bone for role in self.roles if role != "root" for bone in self.chain(role)]
        return tuple(dict.fromkeys(listed))
