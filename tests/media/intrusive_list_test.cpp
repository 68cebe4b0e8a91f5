#include "media/intrusive_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <memory>
#include <random>
#include <vector>

namespace sluice::media {
namespace {

struct ByAge;

struct Element : ListHook<>, ListHook<ByAge> {
  explicit Element(int number) : value(number) {}
  int value;
};

using List = IntrusiveList<Element>;

std::vector<int> values(List& list) {
  std::vector<int> seen;
  for (const Element& element : list) seen.push_back(element.value);
  return seen;
}

TEST(IntrusiveList, KeepsTheOrderInWhichElementsJoinAtEitherEnd) {
  Element one{1}, two{2}, three{3}, four{4};
  List list;
  EXPECT_TRUE(list.empty());
  list.push_back(two);
  list.push_back(four);
  list.push_front(one);
  list.insert(List::iterator{&four}, three);
  EXPECT_EQ(values(list), (std::vector{1, 2, 3, 4}));
  EXPECT_EQ(list.front().value, 1);
  EXPECT_EQ(list.back().value, 4);
  EXPECT_EQ((--list.end())->value, 4);
}

TEST(IntrusiveList, AnElementThatIsDestroyedLeavesItsList) {
  Element one{1}, three{3};
  List list;
  list.push_back(one);
  {
    Element two{2};
    list.push_back(two);
    list.push_back(three);
  }
  EXPECT_EQ(values(list), (std::vector{1, 3}));
}

TEST(IntrusiveList, AListThatIsDestroyedLetsItsElementsGo) {
  Element one{1};
  {
    List list;
    list.push_back(one);
    EXPECT_TRUE(static_cast<ListHook<>&>(one).linked());
  }
  EXPECT_FALSE(static_cast<ListHook<>&>(one).linked());
  List other;
  other.push_back(one);
  EXPECT_EQ(other.pop_front(), &one);
  EXPECT_EQ(other.pop_front(), nullptr);
}

TEST(IntrusiveList, AnElementWithTwoHooksIsInTwoListsAtOnce) {
  Element one{1}, two{2};
  List list;
  IntrusiveList<Element, ByAge> by_age;
  list.push_back(one);
  list.push_back(two);
  by_age.push_back(two);
  by_age.push_back(one);
  List::remove(two);
  EXPECT_EQ(values(list), std::vector{1});
  EXPECT_EQ(by_age.front().value, 2);
}

TEST(IntrusiveListDeathTest, RefusesAnElementThatIsInAListAlready) {
  Element one{1};
  List list;
  List other;
  list.push_back(one);
  EXPECT_DEATH(other.push_back(one), "one list of a kind");
  EXPECT_DEATH((void)other.front(), "not empty");
}

TEST(IntrusiveList, BehavesAsAListOfPointersUnderAnyOperations) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random{seed};
    std::vector<std::unique_ptr<Element>> elements;
    elements.reserve(30);
    for (int i = 0; i < 30; ++i) elements.push_back(std::make_unique<Element>(i));
    List lists[2];
    std::list<Element*> models[2];
    const auto in_model = [&](std::size_t which, Element* element) {
      return std::find(models[which].begin(), models[which].end(), element);
    };
    for (int step = 0; step < 2000; ++step) {
      Element* element = elements[random() % elements.size()].get();
      const std::size_t which = random() % 2;
      const bool linked = static_cast<ListHook<>*>(element)->linked();
      switch (random() % 6) {
        case 0:
        case 1:
          if (linked) break;
          lists[which].push_back(*element);
          models[which].push_back(element);
          break;
        case 2:
          if (linked) break;
          lists[which].push_front(*element);
          models[which].push_front(element);
          break;
        case 3:
          if (!linked) break;
          for (std::size_t i = 0; i < 2; ++i) {
            if (auto at = in_model(i, element); at != models[i].end()) models[i].erase(at);
          }
          List::remove(*element);
          break;
        case 4: {
          Element* first = models[which].empty() ? nullptr : models[which].front();
          if (first != nullptr) models[which].pop_front();
          ASSERT_EQ(lists[which].pop_front(), first);
          break;
        }
        default:
          if (random() % 10 != 0) break;
          lists[which].splice_back(lists[1 - which]);
          models[which].splice(models[which].end(), models[1 - which]);
          break;
      }
      for (std::size_t i = 0; i < 2; ++i) {
        std::vector<int> expected;
        for (const Element* each : models[i]) expected.push_back(each->value);
        ASSERT_EQ(values(lists[i]), expected) << "step " << step;
      }
    }
  }
}

}  // namespace
}  // namespace sluice::media
