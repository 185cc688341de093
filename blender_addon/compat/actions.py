"""Actions in every Blender: plain F-curves up to 4.3, slots, layers and channel bags from 4.4 on.

`Channels` is the part of one action that animates one data-block, whatever the version calls it.
"""

from __future__ import annotations

import bpy

SLOTTED = bpy.app.version >= (4, 4, 0)


class Channels:
    """The F-curves of one data-block in one action.

    Args:
        action: the action.
        slot: the data-block's slot in it; None where actions have no slots.
    """

    def __init__(self, action: bpy.types.Action, slot: bpy.types.ActionSlot | None) -> None:
        self.action = action
        self.slot = slot
        self._by_channel = {(curve.data_path, curve.array_index): curve for curve in self.fcurves()}

    def _holder(self) -> bpy.types.Action | bpy.types.ActionChannelbag | None:
        """What owns the F-curves and groups; None while the slot has none."""
        if not SLOTTED:
            return self.action
        for layer in self.action.layers:
            for strip in layer.strips:
                bag = strip.channelbag(self.slot)
                if bag is not None:
                    return bag
        return None

    def _ensure_holder(self) -> bpy.types.Action | bpy.types.ActionChannelbag:
        holder = self._holder()
        if holder is not None:
            return holder
        layers = self.action.layers
        layer = layers[0] if len(layers) else layers.new("Layer")
        strip = layer.strips[0] if len(layer.strips) else layer.strips.new(type="KEYFRAME")
        return strip.channelbag(self.slot, ensure=True)

    def fcurves(self) -> list[bpy.types.FCurve]:
        """Every F-curve of the data-block."""
        holder = self._holder()
        return list(holder.fcurves) if holder is not None else []

    def find(self, data_path: str, index: int) -> bpy.types.FCurve | None:
        """The F-curve of a channel, or None."""
        return self._by_channel.get((data_path, index))

    def ensure(self, data_path: str, index: int, group: str) -> bpy.types.FCurve:
        """The F-curve of a channel; a new one is put in the group of that name."""
        found = self.find(data_path, index)
        if found is not None:
            return found
        holder = self._ensure_holder()
        curve = holder.fcurves.new(data_path, index=index)
        curve.group = holder.groups.get(group) or holder.groups.new(group)
        self._by_channel[data_path, index] = curve
        return curve

    def copy(self) -> Channels:
        """The same F-curves in a copy of the action."""
        action = self.action.copy()
        return Channels(action, action.slots[self.slot.identifier] if SLOTTED else None)

    def is_shared(self, owner: bpy.types.ID) -> bool:
        """Something else than `owner` plays these F-curves too: another data-block, or a strip of the NLA."""
        if SLOTTED and any(user != owner for user in self.slot.users()):
            return True
        strips = [strip for track in owner.animation_data.nla_tracks for strip in track.strips]
        if any(strip.action == self.action for strip in strips):
            return True
        # a slot of its own keeps the users of the action's other slots apart
        return not SLOTTED and self.action.users - self.action.use_fake_user > 1


def create(name: str, owner: bpy.types.ID) -> Channels:
    """A new, empty action with a place for `owner`'s F-curves. It is not assigned to anything."""
    action = bpy.data.actions.new(name)
    if not SLOTTED:
        return Channels(action, None)
    return Channels(action, action.slots.new(id_type=owner.id_type, name=owner.name))


def of(owner: bpy.types.ID) -> Channels | None:
    """The F-curves that animate `owner` now; None without an action."""
    animation = owner.animation_data
    if animation is None or animation.action is None:
        return None
    if not SLOTTED:
        return Channels(animation.action, None)
    if animation.action_slot is None:
        return None
    return Channels(animation.action, animation.action_slot)


def assign(owner: bpy.types.ID, channels: Channels) -> None:
    """Makes the action, and its slot, the active one of `owner`."""
    animation = owner.animation_data_create()
    animation.action = channels.action
    if SLOTTED:
        animation.action_slot = channels.slot


def play(owner: bpy.types.ID, action: bpy.types.Action) -> None:
    """Makes `owner` play an action that somebody else made, with the first slot that fits."""
    animation = owner.animation_data_create()
    animation.action = action
    if SLOTTED and animation.action_slot is None and len(animation.action_suitable_slots):
        animation.action_slot = animation.action_suitable_slots[0]


def add_strip(track: bpy.types.NlaTrack, name: str, frame: int, channels: Channels) -> bpy.types.NlaStrip:
    """A strip of the action, and its slot, on a track of the NLA."""
    strip = track.strips.new(name, frame, channels.action)
    if SLOTTED:
        strip.action_slot = channels.slot
    return strip


def push_down(owner: bpy.types.ID, track: bpy.types.NlaTrack) -> bpy.types.NlaStrip:
    """Makes the active action of `owner` a strip on a track, where it plays as before."""
    animation = owner.animation_data
    action, channels = animation.action, of(owner)
    start, end = action.frame_range
    track.name = action.name
    strip = track.strips.new(action.name, int(start), action)
    strip.frame_start, strip.frame_end = start, end
    if SLOTTED and channels is not None:
        strip.action_slot = channels.slot
    strip.blend_type, strip.extrapolation = animation.action_blend_type, animation.action_extrapolation
    animation.action = None
    return strip
